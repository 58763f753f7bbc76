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

from nova import objects
from nova.scheduler import weights

from heps_nova import scheduler

objects.register_all()


class State:
    def __init__(self, host):
        self.host = host
        self.nodename = host


class Answerer(http.server.BaseHTTPRequestHandler):
    answer = b''
    trickle_s = 0
    asked = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length']))
        Answerer.asked.append((self.headers['Authorization'], json.loads(body)))
        self.send_response(200)
        self.end_headers()
        for byte in self.answer:
            self.wfile.write(bytes([byte]))
            time.sleep(self.trickle_s)

    def log_message(self, *_):
        pass


class SchedulerTest(unittest.TestCase):

    def setUp(self):
        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Answerer)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.token = tempfile.NamedTemporaryFile('w', delete=False)
        self.write_token('SECRET1\n')
        scheduler.CONF.set_override('url', 'http://127.0.0.1:%d/' % self.server.server_port, 'heps')
        scheduler.CONF.set_override('token_file', self.token.name, 'heps')
        scheduler.CONF.set_override('timeout', 1.0, 'heps')
        scheduler.CONF.set_override('fail_open', True, 'heps')
        Answerer.asked = []
        Answerer.trickle_s = 0
        self.states = [State('a'), State('b'), State('c')]

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
        flavor = objects.Flavor(name='f', vcpus=1, memory_mb=1, root_gb=1, extra_specs={})
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

    def test_the_time_limit_is_for_the_whole_answer(self):
        self.answer('act', {})
        Answerer.trickle_s = 0.3
        start = time.monotonic()
        self.assertEqual(self.passed(), ['a', 'b', 'c'])
        self.assertLess(time.monotonic() - start, 2.5)

    def test_numbers_that_make_no_sense_are_no_answer(self):
        scheduler.CONF.set_override('fail_open', False, 'heps')
        for text in (b'{"mode": "act", "hosts": {"a": NaN}}', b'{"mode": "act", "hosts": {"a": -1}}', b'[]', b'x'):
            Answerer.answer = text
            self.assertEqual(self.passed(), [])

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

