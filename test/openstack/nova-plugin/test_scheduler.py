"""The filter and the weigher alone, with Nova's own classes around them and a small HTTP server as heps live serve."""
import eventlet

# As nova-scheduler does, before anything else is imported.
eventlet.monkey_patch()

import http.server
import json
import os
import tempfile
import threading
import time
import unittest
from unittest import mock

from nova import exception
from nova import objects
from nova.scheduler import weights

from heps_nova import scheduler

objects.register_all()


class State:
    def __init__(self, host, pools=()):
        self.host = host
        self.nodename = host
        self.pci_stats = mock.Mock(pools=list(pools))


class Answerer(http.server.BaseHTTPRequestHandler):
    status = 200
    answer = b''
    trickle_s = 0
    asked = []
    # Answers by instance, where one alone does not do; each after as many seconds.
    by_instance = {}
    drops = False

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
        Answerer.asked.append((self.headers['Authorization'], asked))
        if Answerer.drops:
            # As a server that closes a connection while the question is on its way.
            Answerer.drops = False
            self.close_connection = True
            return
        delay_s, text = self.by_instance.get(asked['instance'], (0, self.answer))
        time.sleep(delay_s)
        self.send_response(self.status)
        if self.protocol_version == 'HTTP/1.1':
            self.send_header('Content-Length', str(len(text)))
        self.end_headers()
        if self.trickle_s == 0:
            self.wfile.write(text.replace(b'HEADER', self.headers['Authorization'].encode()))
            return
        for byte in text:
            self.wfile.write(bytes([byte]))
            time.sleep(self.trickle_s)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    # All of those that ask at once; with the usual 5 some wait a second for their connection.
    request_queue_size = 128


class SchedulerTest(unittest.TestCase):

    def setUp(self):
        self.server = Server(('127.0.0.1', 0), Answerer)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.token = tempfile.NamedTemporaryFile('w', delete=False)
        self.write_token('SECRET1\n')
        scheduler.CONF.set_override('url', 'http://127.0.0.1:%d/' % self.server.server_port, 'heps')
        scheduler.CONF.set_override('token_file', self.token.name, 'heps')
        scheduler.CONF.set_override('timeout', 1.0, 'heps')
        scheduler.CONF.set_override('fail_open', True, 'heps')
        Answerer.asked = []
        Answerer.status = 200
        Answerer.trickle_s = 0
        Answerer.by_instance = {}
        self.states = [State('a'), State('b'), State('c')]
        # Nova's databases: metadata by instance, of new servers and of those in a cell.
        self.building = {}
        self.in_cell = {}
        for name, stub in (
                ('BuildRequest.get_by_instance_uuid', self.build_request),
                ('InstanceMapping.get_by_instance_uuid', lambda *_: mock.Mock(cell_mapping='cell1')),
                ('Instance.get_by_uuid', self.instance)):
            patch = mock.patch('nova.objects.' + name, stub)
            patch.start()
            self.addCleanup(patch.stop)
        target = mock.patch('nova.context.target_cell')
        target.start().return_value.__enter__.return_value = 'cell context'
        self.addCleanup(target.stop)

    def build_request(self, context, uuid):
        self.assertTrue(context.is_admin)
        if uuid in self.in_cell:
            raise exception.BuildRequestNotFound(uuid=uuid)
        return mock.Mock(instance=mock.Mock(metadata=self.building.get(uuid, {})))

    def instance(self, context, uuid, expected_attrs=None):
        self.assertEqual((context, expected_attrs), ('cell context', ['metadata']))
        found = self.in_cell[uuid]
        if isinstance(found, Exception):
            raise found
        return mock.Mock(metadata=found)

    def tearDown(self):
        self.server.shutdown()
        self.server.server_close()
        os.unlink(self.token.name)

    def write_token(self, text):
        with open(self.token.name, 'w') as file:
            file.write(text)

    def answer(self, mode, hosts):
        Answerer.answer = json.dumps({'mode': mode, 'hosts': hosts}).encode()

    def spec(self, uuid='u1'):
        flavor = objects.Flavor(
            name='f', vcpus=1, memory_mb=2, root_gb=3, ephemeral_gb=4, swap=5, extra_specs={'x': 'y'})
        return objects.RequestSpec(
            instance_uuid=uuid, project_id='p', flavor=flavor, scheduler_hints={},
            force_hosts=None, force_nodes=None, requested_destination=None)

    def passed(self, spec=None):
        found = scheduler.HepsFilter().filter_all(self.states, spec or self.spec())
        return [state.host for state in found]

    def order(self):
        found = scheduler.HepsFilter().filter_all(self.states, self.spec())
        weighed = weights.HostWeightHandler().get_weighed_objects(
            [scheduler.HepsWeigher()], found, None)
        return [each.obj.host for each in weighed]

    def test_act_refuses_who_is_left_out_and_orders_the_others(self):
        self.answer('act', {'c': 1, 'a': 0.5})
        self.assertEqual(self.order(), ['c', 'a'])

    def test_advise_only_orders_and_shadow_does_nothing(self):
        self.answer('advise', {'b': 1})
        self.assertEqual(self.order()[0], 'b')
        self.assertEqual(len(self.order()), 3)
        self.answer('shadow', {'b': 1})
        self.assertEqual(self.order(), ['a', 'b', 'c'])

    def test_a_named_host_is_not_asked_about(self):
        self.answer('act', {})
        spec = self.spec()
        spec.requested_destination = objects.Destination(host='a')
        self.assertEqual(self.passed(spec), ['a', 'b', 'c'])
        self.assertEqual(Answerer.asked, [])

    def test_one_server_is_asked_about_once_and_each_of_several(self):
        self.answer('act', {'a': 1})
        spec = self.spec()
        self.passed(spec)
        self.passed(spec)
        self.assertEqual(len(Answerer.asked), 1)
        spec.instance_uuid = 'u2'
        self.passed(spec)
        self.assertEqual([body['instance'] for _, body in Answerer.asked], ['u1', 'u2'])

    def test_of_several_servers_the_next_one_is_asked_and_then_first(self):
        self.answer('act', {'b': 1})
        dead, alive = 'http://127.0.0.1:9/', 'http://127.0.0.1:%d/' % self.server.server_port
        scheduler.CONF.set_override('url', [dead, alive], 'heps')
        self.assertEqual(self.passed(), ['b'])
        with mock.patch.object(scheduler.SESSION, 'post', wraps=scheduler.SESSION.post) as post:
            self.assertEqual(self.passed(), ['b'])
        self.assertEqual([call.args[0] for call in post.call_args_list], [alive])

    def test_a_server_that_does_not_serve_is_passed_over(self):
        self.answer('act', {'b': 1})
        Answerer.status = 503
        other = Server(('127.0.0.1', 0), type('Serving', (Answerer,), {'status': 200}))
        threading.Thread(target=other.serve_forever, daemon=True).start()
        urls = ['http://127.0.0.1:%d/' % each.server_port for each in (self.server, other)]
        scheduler.CONF.set_override('url', urls, 'heps')
        self.assertEqual(self.passed(), ['b'])
        other.shutdown()
        other.server_close()

    def test_the_time_limit_is_for_the_whole_answer(self):
        self.answer('act', {})
        Answerer.trickle_s = 0.3
        start = time.monotonic()
        self.assertEqual(self.passed(), ['a', 'b', 'c'])
        self.assertLess(time.monotonic() - start, 2.5)

    def test_numbers_that_make_no_sense_are_no_answer(self):
        scheduler.CONF.set_override('fail_open', False, 'heps')
        numbers = [b'{"mode": "act", "hosts": {"a": %s}}' % number for number in (b'NaN', b'-1', b'1.5')]
        for text in (*numbers, b'[]', b'x', b'[' * 100000):
            Answerer.answer = text
            self.assertEqual(self.passed(), [])

    def test_what_is_asked(self):
        self.answer('act', {})
        spec = self.spec()
        spec.scheduler_hints = {'heps_gpu_cores': ['2']}
        self.building['u1'] = {'heps:gpu_mem_mib': '40000'}
        pool = {'vendor_id': '10de', 'product_id': '2230', 'count': 2}
        self.states[1] = State('b', [pool, pool])
        self.passed(spec)
        self.assertEqual(Answerer.asked[0][1], {
            'instance': 'u1', 'project': 'p', 'timeout': 1.0, 'hints': {'heps_gpu_cores': ['2']},
            'metadata': {'heps:gpu_mem_mib': '40000'}, 'pci': {'b': ['10de:2230']},
            'flavor': {'name': 'f', 'vcpus': 1, 'memory_mb': 2, 'root_gb': 3,
                       'ephemeral_gb': 4, 'swap_mb': 5, 'extra_specs': {'x': 'y'}},
            'hosts': ['a', 'b', 'c']})

    def test_a_connection_that_the_server_has_closed_is_no_missing_answer(self):
        Answerer.protocol_version = 'HTTP/1.1'
        self.addCleanup(setattr, Answerer, 'protocol_version', 'HTTP/1.0')
        self.answer('act', {'a': 1})
        scheduler.CONF.set_override('fail_open', False, 'heps')
        for uuid in ('u1', 'u2', 'u3'):
            Answerer.drops = uuid == 'u2'
            self.assertEqual(self.passed(self.spec(uuid)), ['a'])
        self.assertEqual([body['instance'] for _, body in Answerer.asked], ['u1', 'u2', 'u2', 'u3'])

    def test_metadata_of_a_server_that_moves_are_those_of_its_cell(self):
        self.answer('act', {'a': 1})
        self.in_cell['u1'] = {'heps:gpu_num': '1'}
        self.assertEqual(self.passed(), ['a'])
        self.assertEqual(Answerer.asked[0][1]['metadata'], {'heps:gpu_num': '1'})

    def test_metadata_that_cannot_be_read_are_as_no_answer(self):
        self.answer('act', {'a': 1})
        self.in_cell['u1'] = OSError('the database is away')
        for fail_open, expected in ((True, ['a', 'b', 'c']), (False, [])):
            scheduler.CONF.set_override('fail_open', fail_open, 'heps')
            with self.assertLogs(scheduler.LOG.logger, 'WARNING') as logs:
                self.assertEqual(self.passed(), expected)
            self.assertIn('the database is away', logs.output[0])
        self.assertEqual(Answerer.asked, [])

    def test_a_refusal_is_logged_with_its_reason_in_one_line(self):
        Answerer.answer = b'{"mode": "act", "hosts": {}, "reason": "none of the 3:\\ncards-busy:3"}'
        with self.assertLogs(scheduler.LOG.logger, 'WARNING') as logs:
            self.assertEqual(self.passed(), [])
        self.assertIn('heps refuses instance u1: none of the 3: cards-busy:3', logs.output[0])

    def test_the_number_outvotes_novas_own_weighers_even_after_failed_builds(self):
        from nova.scheduler.weights import compute, ram
        self.answer('act', {'a': 1, 'b': 0.9999, 'c': 0.9998})
        found = scheduler.HepsFilter().filter_all(self.states, self.spec())
        for state in found:
            state.aggregates = []
            state.failed_builds = 100 if state.host == 'a' else 0
            state.free_ram_mb = 10 ** 6 if state.host == 'c' else 1
        weighers = [compute.BuildFailureWeigher(), ram.RAMWeigher(), scheduler.HepsWeigher()]
        weighed = weights.HostWeightHandler().get_weighed_objects(weighers, found, None)
        self.assertEqual([each.obj.host for each in weighed], ['a', 'b', 'c'])

    def test_a_service_that_is_away_is_said_in_one_line(self):
        self.server.shutdown()
        self.server.server_close()
        for fail_open, expected in ((True, ['a', 'b', 'c']), (False, [])):
            scheduler.CONF.set_override('fail_open', fail_open, 'heps')
            with self.assertLogs(scheduler.LOG.logger, 'WARNING') as logs:
                self.assertEqual(self.passed(), expected)
            self.assertEqual(len(logs.output), 1)

    def test_an_error_page_is_logged_in_one_line_and_without_the_token(self):
        Answerer.status = 502
        for padding in (b'', b'.' * 185):
            Answerer.answer = padding + b'bad\ngateway HEADER'
            with self.assertLogs(scheduler.LOG.logger, 'WARNING') as logs:
                self.assertEqual(self.passed(), ['a', 'b', 'c'])
            text = '\n'.join(logs.output)
            self.assertIn('bad gateway', text)
            self.assertNotIn('SEC', text)
            self.assertNotIn('\n', text)

    def test_answers_to_those_who_ask_at_once_do_not_mix(self):
        scheduler.CONF.set_override('timeout', 20.0, 'heps')
        orders = {}
        for n in range(30):
            first, second = 'abc'[n % 3], 'abc'[(n + 1) % 3]
            text = json.dumps({'mode': 'act', 'hosts': {first: 1, second: 0.5}}).encode()
            Answerer.by_instance['u%d' % n] = (n * 7 % 5 / 20, text)
            orders['u%d' % n] = [first, second]

        def order_of(uuid):
            spec = self.spec(uuid)
            found = scheduler.HepsFilter().filter_all([State(host) for host in 'abc'], spec)
            # Nothing makes Nova wait here; another answer arrives meanwhile all the same.
            eventlet.sleep(int(uuid[1:]) * 3 % 4 / 20)
            weighed = weights.HostWeightHandler().get_weighed_objects([scheduler.HepsWeigher()], found, spec)
            return uuid, [each.obj.host for each in weighed]

        self.assertEqual(dict(eventlet.GreenPool(30).imap(order_of, orders)), orders)

    def test_a_new_token_is_taken_up_and_none_is_ever_logged(self):
        self.answer('act', {'a': 1})
        self.passed()
        self.write_token('SECRET22')
        self.passed()
        self.assertEqual([token for token, _ in Answerer.asked], ['Bearer SECRET1', 'Bearer SECRET22'])
        self.write_token('SECRET3\nX: y')
        with mock.patch.object(scheduler.LOG, 'warning') as warning:
            self.assertEqual(self.passed(), ['a', 'b', 'c'])
        text = repr([str(part) for part in warning.call_args[0]])
        self.assertIn('expected one token', text)
        self.assertNotIn('SECRET3', text)

