// SPDX-License-Identifier: MIT
#include "recycler/control/varlink/varlink.hpp"

namespace recycler::control {

const std::string_view k_interface_description =
    R"varlink(# One app's workers: what they do, and orders to them. Bytes are integers, times RFC 3339 UTC,
# durations seconds unless the name says otherwise. What is not known is null, never 0.
# Root and members of the policy's [control] group may call everything, the app's user Status, Why,
# Events and Blame.
interface io.recycler

# recycle_at: the bloat at which the worker is retired.
type Memory (bloat: ?int, current: ?int, peak: ?int, max: ?int, recycle_at: ?int)

# kept_open: connections on which no request runs; a drain waits until their clients close them.
type Requests (
  served: ?int,
  in_flight: ?int,
  oldest_s: ?float,
  method: ?string,
  uri: ?string,
  counted_by: ?string,
  kept_open: ?int
)

type Worker (
  generation: int,
  pid: ?int,
  cgroup: ?string,
  state: (starting, serving, draining, drained, parked, stopping),
  started_at: ?string,
  age_s: ?float,
  memory: Memory,
  requests: Requests,
  growth_bytes_per_request: ?int
)

type InFlight (method: ?string, uri: ?string, seconds: ?float)

type Evidence (name: string, value: string)

# Why a worker ended (kind "end") or could not start ("start-failure").
type Record (
  kind: string,
  verdict: string,
  cause: ?string,
  trigger: ?string,
  sentence: string,
  next_step: ?string,
  at: string,
  slot: string,
  generation: int,
  pid: ?int,
  age_s: ?float,
  requests: ?int,
  turned_away: ?int,
  in_flight: ?InFlight,
  unserved_s: ?float,
  memory: (bloat: ?int, peak: ?int, max: ?int),
  growth_bytes_per_request: ?int,
  evidence: []Evidence,
  stderr: []string
)

type Slot (
  slot: string,
  address: string,
  state: (serving, replacing, drained, braked, empty),
  gate: (open, closed, unavailable),
  handover: ?(overlap, queue, close),
  due: ?(trigger: string, waiting_for: ?string),
  braked_until: ?string,
  worker: ?Worker,
  next: ?Worker,
  last_end: ?Record,
  turned_away: ?int
)

# The turns of the daemon's loop, in which all is done: how many, the longest by the clock, by
# processor time, and by the rest, spent waiting for a call or a processor; then how many took up to
# so long (within_1_ms, within_5_ms, within_20_ms, within_100_ms, within_500_ms, longer).
type Loop (
  turns: int,
  longest_s: float,
  longest_cpu_s: float,
  longest_waiting_s: float,
  took: [string]int,
  cpu: [string]int
)

# Where a slot stands after an order. state: drained, open, recycled or stopped when it is done,
# else what happens now (waiting, draining, starting, stopping, braked); note: what that waits for.
type Progress (slot: string, state: string, note: ?string)

# A slot is named by its port, its address, or "all". No slots: all of them.
method Status(slots: ?[]string) -> (
  app: string,
  version: string,
  pid: int,
  keeper_pid: ?int,
  stopping: ?bool,
  policy: (path: string, loaded_at: ?string),
  cgroup: (version: int, path: ?string, enforced: bool),
  limitations: []string,
  totals: (requests: ?int, recycles: [string]int, ends: [string]int, turned_away: ?int),
  loop: ?Loop,
  slots: []Slot
)

# Closes the gate and answers once the worker is idle; it stays alive, out of rotation. With wait
# false the answer comes as soon as the order is accepted, with more also while it waits, whenever
# there is something new to say.
method Drain(slots: []string, timeout_ms: ?int, force: ?bool, wait: ?bool) -> (slots: []Progress)

# Puts drained workers back.
method Open(slots: []string) -> (slots: []Progress)

# Drains and replaces, within the capacity budget.
method Recycle(slots: []string, wait: ?bool) -> (slots: []Progress)

# Reads the policy file again; it is taken whole or not at all.
method Reload() -> (changes: []string)

# The last ends, newest first; with unexpected only those whose verdict is a warning, and more of
# them.
method Why(slot: ?string, since: ?string, unexpected: ?bool) -> (records: []Record)

# What has happened; with follow, which needs more, also what happens from now on. Each line has at,
# event, slot, generation, and members of its own.
method Events(follow: ?bool) -> (lines: []object)

# The requests of one method and URI pattern. requests, growth_bytes and time_s are estimated from
# the requests that were measured; certain_bytes_per_request is what they grew at least.
type Route (
  method: string,
  route: string,
  requests: int,
  measured: int,
  growth_bytes: int,
  growth_bytes_per_request: ?int,
  certain_bytes_per_request: int,
  worst: ?(bytes: int, uri: string),
  time_s: float,
  slowest: ?(seconds: float, uri: string),
  hung: int
)

# Which requests make workers grow and which are slow, since then, those first of whom most growth
# is certain. unseen: why the requests of some workers cannot be measured. warm_up: the first
# requests of processes, for which no route is blamed; other: all that is not in routes.
method Blame() -> (
  app: string,
  since: string,
  workers: int,
  unseen_workers: int,
  unseen: ?string,
  requests: int,
  measured: int,
  growth_bytes: int,
  time_s: float,
  warm_up: (measured: int, growth_bytes: int),
  other: (requests: int, growth_bytes: int, time_s: float),
  routes: []Route
)

# Drains all and ends. With more, how far that is comes while it waits; the last answer has no slots.
method Stop() -> (slots: ?[]Progress)

error NoSuchSlot (slot: string)
error Refused (reason: string)
error TimedOut (slots: []string, reason: string)
error PolicyError (faults: string)
)varlink";

const std::string_view k_service_description = R"varlink(# What every Varlink service answers.
interface org.varlink.service

method GetInfo() -> (
  vendor: string,
  product: string,
  version: string,
  url: string,
  interfaces: []string
)

method GetInterfaceDescription(interface: string) -> (description: string)

error InterfaceNotFound (interface: string)
error MethodNotFound (method: string)
error MethodNotImplemented (method: string)
error InvalidParameter (parameter: string)
error PermissionDenied ()
error ExpectedMore ()
)varlink";

} // namespace recycler::control
