"""A filter and a weigher that place servers of Horizon, CLI and Heat as heps live serve would.

nova-scheduler asks filters host by host; HepsFilter makes one request for all
hosts that the filters before it left:

    POST <url>   Authorization: Bearer <token>
    {"instance": uuid, "project": id, "timeout": seconds,
     "hints": {...}, "metadata": {...},
     "flavor": {"name", "vcpus", "memory_mb", "root_gb", "ephemeral_gb",
                "swap_mb", "extra_specs"},
     "hosts": ["gpu-001", ...], "pci": {"gpu-001": ["10de:2230"], ...}}

    {"mode": "act", "hosts": {"gpu-001": 1.0, "gpu-004": 0.5}}
    {"mode": "act", "hosts": {}, "reason": "none of the 8 hosts ..."}

"metadata" are the server's own, which the request spec lacks: those of the
build request while a new server is scheduled, of the instance in its cell
when one is resized, migrated, evacuated or unshelved. "pci" are the devices
that hosts have, by vendor and product.

In mode act hosts that are left out are refused, and HepsWeigher applies the
numbers; in advise nobody is refused; in shadow nothing is changed. A request
that names its host, as those of heps live serve itself do, is not asked.
"""
import os
import re
import weakref

import eventlet
from oslo_config import cfg
from oslo_config import types
from oslo_log import log as logging
import requests

import nova.conf
from nova import context as nova_context
from nova import exception
from nova import objects
from nova.scheduler import filters
from nova.scheduler import utils
from nova.scheduler import weights

CONF = nova.conf.CONF
LOG = logging.getLogger(__name__)
CONF.register_opts([
    cfg.ListOpt('url', item_type=types.URI(schemes=['http', 'https']),
                default=['http://127.0.0.1:8790/v1/nova/hosts'],
                help='where heps live serve answers; of several servers on '
                     'one database all, separated by commas: the next one is '
                     'asked where one does not answer'),
    cfg.StrOpt('token_file', default='/etc/nova/heps.token',
               help='file with a token of the role plugin'),
    cfg.FloatOpt('timeout', default=2.0, min=0.1,
                 help='seconds to wait for an answer, of all servers '
                      'together'),
    cfg.BoolOpt('fail_open', default=True,
                help='without an answer let Nova decide alone; else refuse'),
    # Enough to outvote Nova's own weighers among some 100 000 hosts, whose
    # numbers then differ by 0.00001: most give up to 1, and
    # BuildFailureWeigher and CrossCellWeigher up to 1 000 000.
    cfg.FloatOpt('weight_multiplier', default=1e12),
    cfg.StrOpt('cafile', help='certificates of your own authority, PEM'),
], group='heps')

# Where the filter leaves the answer for the weigher: on the host states of
# this very request, which nova-scheduler makes for each. So requests
# that are scheduled at the same time cannot mix their answers up.
WEIGHT = '_heps_weight'


class Token:
    """The token of a file, read again when the file is another one."""

    def __init__(self):
        self._known = (None, None)

    def read(self):
        path = CONF.heps.token_file
        found = os.stat(path)
        stamp = (path, found.st_ino, found.st_size, found.st_mtime_ns)
        if self._known[0] != stamp:
            with open(path) as file:
                token = file.read().strip()
            # Said here, or requests would say it and quote the token.
            if not re.fullmatch(r'[\x21-\x7e]+', token):
                raise ValueError('%s: expected one token, on one line' % path)
            self._known = (stamp, token)
        return self._known[1]


TOKEN = Token()
SESSION = requests.Session()
# No proxy, and no name and password of ~/.netrc in place of the token.
SESSION.trust_env = False
# The server closes connections that nobody uses: a question that meets such
# a one is sent again, which changes nothing. The timeout is for both.
AGAIN = requests.adapters.Retry(
    total=1, connect=1, read=1, redirect=0, status=0, other=0,
    allowed_methods=None)
for scheme in ('http://', 'https://'):
    SESSION.mount(scheme, requests.adapters.HTTPAdapter(
        max_retries=AGAIN, pool_maxsize=100))


class Unreadable(Exception):
    """The server's metadata cannot be read, so what it asks is not known."""


def metadata_of(spec):
    """The server's metadata. Raises Unreadable."""
    uuid = spec.instance_uuid
    context = nova_context.get_admin_context()
    try:
        try:
            build = objects.BuildRequest.get_by_instance_uuid(context, uuid)
            return dict(build.instance.metadata or {})
        except exception.BuildRequestNotFound:
            # It is in its cell: built already, or just deleted.
            mapping = objects.InstanceMapping.get_by_instance_uuid(
                context, uuid)
            if mapping.cell_mapping is None:
                raise Unreadable('instance %s is in no cell' % uuid)
            with nova_context.target_cell(
                    context, mapping.cell_mapping) as cell_context:
                instance = objects.Instance.get_by_uuid(
                    cell_context, uuid, expected_attrs=['metadata'])
            return dict(instance.metadata or {})
    except Unreadable:
        raise
    except Exception as error:
        # Of the database, its driver, or Nova's objects: whatever it is.
        raise Unreadable('metadata of instance %s: %s: %s' % (
            uuid, type(error).__name__, error)) from error


def devices_of(state):
    """The PCI devices of a host, as vendor:product."""
    stats = getattr(state, 'pci_stats', None)
    pools = getattr(stats, 'pools', None) or []
    return sorted({'%s:%s' % (pool.get('vendor_id'), pool.get('product_id'))
                   for pool in pools})


def question(spec, states):
    flavor = spec.flavor
    devices = {state.host: devices_of(state) for state in states}
    return {
        'instance': spec.instance_uuid, 'project': spec.project_id,
        'timeout': CONF.heps.timeout,
        'hints': dict(spec.scheduler_hints or {}),
        'metadata': metadata_of(spec),
        'flavor': {
            'name': flavor.name, 'vcpus': flavor.vcpus,
            'memory_mb': flavor.memory_mb, 'root_gb': flavor.root_gb,
            'ephemeral_gb': flavor.ephemeral_gb, 'swap_mb': flavor.swap,
            'extra_specs': dict(flavor.extra_specs or {})},
        'hosts': [state.host for state in states],
        'pci': {host: ids for host, ids in devices.items() if ids}}


# The server that answered last is asked first.
LATEST = {'url': None}


def post(body, token):
    """The answer of the first server that has one. Raises what the last one
    failed with."""
    urls = sorted(CONF.heps.url, key=lambda url: url != LATEST['url'])
    for index, url in enumerate(urls):
        is_last = index == len(urls) - 1
        try:
            reply = SESSION.post(
                url, json=body, timeout=CONF.heps.timeout / len(urls),
                headers={'Authorization': 'Bearer ' + token},
                verify=CONF.heps.cafile or True, allow_redirects=False)
        except requests.RequestException as error:
            if is_last:
                raise
            LOG.info('heps at %s does not answer: %s', url, error)
            continue
        # One that is starting, stopping, or without its database or cloud.
        if reply.status_code < 500 or is_last:
            LATEST['url'] = url
            return reply
        LOG.info('heps at %s does not serve: %d', url, reply.status_code)
    raise ValueError('no url in [heps] of nova.conf')


def ask(spec, states):
    """The answer's mode, numbers by host, and why there are none. Raises
    what went wrong."""
    token = TOKEN.read()
    # The timeout of requests restarts with every byte.
    with eventlet.Timeout(CONF.heps.timeout, TimeoutError('no answer in time')):
        reply = post(question(spec, states), token)
    if reply.status_code != 200:
        # A proxy may send back what it was sent. The cut comes last, or it
        # could leave a part of the token.
        text = ' '.join(reply.text.replace(token, '***').split())
        raise ValueError('%d %s' % (reply.status_code, text[:200]))
    body = reply.json()
    if body['mode'] not in ('shadow', 'advise', 'act'):
        raise ValueError('unknown mode')
    numbers = {host: float(number) for host, number in body['hosts'].items()}
    # HepsWeigher would make the larger ones equal.
    if not all(0 <= number <= 1 for number in numbers.values()):
        raise ValueError('expected numbers from 0 to 1')
    return body['mode'], numbers, ' '.join(str(body.get('reason', '')).split())


# Of a request for several servers Nova filters once more for the last one, to
# find alternates: the same server is not asked about twice.
ASKED = weakref.WeakKeyDictionary()


def ask_once(spec, states):
    known = ASKED.get(spec)
    if known is None or known[0] != spec.instance_uuid:
        known = (spec.instance_uuid, ask(spec, states))
        ASKED[spec] = known
    return known[1]


def is_settled(spec):
    """Whether the host is named already, so that nothing is left to ask."""
    if utils.request_is_rebuild(spec):
        return True
    if spec.force_hosts or spec.force_nodes:
        return True
    destination = ('requested_destination' in spec and
                   spec.requested_destination)
    return bool(destination and 'host' in destination and destination.host)


class HepsFilter(filters.BaseHostFilter):

    RUN_ON_REBUILD = False

    def filter_all(self, states, spec):
        states = list(states)
        for state in states:
            # Each of several instances of one request is asked about.
            setattr(state, WEIGHT, 0.0)
        if not states or is_settled(spec):
            return states
        try:
            mode, numbers, reason = ask_once(spec, states)
        except (requests.RequestException, OSError, ValueError, KeyError,
                TypeError, AttributeError, RecursionError,
                Unreadable) as error:
            LOG.warning('heps did not answer for instance %s, so %s: %s',
                        spec.instance_uuid,
                        'Nova decides' if CONF.heps.fail_open
                        else 'it is refused', error)
            return states if CONF.heps.fail_open else []
        if mode == 'shadow':
            return states
        if reason:
            LOG.warning('heps %s instance %s: %s',
                        'refuses' if mode == 'act' else 'would refuse',
                        spec.instance_uuid, reason[:500])
        for state in states:
            setattr(state, WEIGHT, numbers.get(state.host, 0.0))
        if mode == 'advise':
            return states
        return [state for state in states if state.host in numbers]


class HepsWeigher(weights.BaseHostWeigher):

    # Without these Nova stretches the numbers of one request over 0 to 1.
    minval = 0.0
    maxval = 1.0

    def weight_multiplier(self, state):
        return CONF.heps.weight_multiplier

    def _weigh_object(self, state, spec):
        return getattr(state, WEIGHT, 0.0)
