/** What comes and goes with each turn of the event loop, and holds nothing. */
export const PASSING = new Set([
  'TickObject',
  'Microtask',
  'Immediate',
  'PROMISE',
  'RANDOMBYTESREQUEST',
  'FSREQCALLBACK',
  'FSREQPROMISE',
])

/** Callbacks of these are not the start, but what it has set up. */
export const RECURRING = new Set([
  'Timeout',
  'TCP',
  'Pipe',
  'TLSWrap',
  'UDP',
  'HTTPINCOMINGMESSAGE',
  'HTTPCLIENTREQUEST',
  'Signal',
])
