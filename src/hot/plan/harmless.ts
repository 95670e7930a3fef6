/** Methods that leave what they are called on as it is, by what that is. */
export const HARMLESS: Record<string, Set<string>> = {
  Map: new Set(['get', 'has', 'keys', 'values', 'entries', 'forEach', 'size']),
  Set: new Set([
    'has',
    'keys',
    'values',
    'entries',
    'forEach',
    'size',
    'union',
    'intersection',
    'difference',
    'isSubsetOf',
    'isSupersetOf',
  ]),
  Array: new Set(
    (
      'at concat entries every filter find findIndex findLast findLastIndex flat flatMap forEach includes indexOf join keys ' +
      'lastIndexOf length map reduce reduceRight slice some toReversed toSorted toSpliced toString values with'
    ).split(' '),
  ),
  Object: new Set([
    'hasOwnProperty',
    'propertyIsEnumerable',
    'toString',
    'valueOf',
    'toLocaleString',
    'isPrototypeOf',
  ]),
  Function: new Set(['call', 'apply', 'bind', 'toString']),
  AsyncFunction: new Set(['call', 'apply', 'bind', 'toString']),
}

/** Whether a method of such a thing leaves it as it is. */
export const leavesAsItIs = (kind: string, member: string | null): boolean =>
  member !== null && (HARMLESS[kind]?.has(member) ?? false)

/** Whether a method leaves what it is called on as it is, if that is something of the language. */
export const leavesAny = (member: string | null): boolean =>
  Object.keys(HARMLESS).some(kind => leavesAsItIs(kind, member))

/** What `Object.prototype.toString` calls a value. */
export const tagOf = (value: unknown): string => Object.prototype.toString.call(value).slice(8, -1)

/** Globals that only make and compare values, and what prints. */
export const MAKERS = new Set(
  (
    'Array ArrayBuffer BigInt BigInt64Array Blob Boolean Buffer DataView Date Error EvalError Float32Array Float64Array Headers Int16Array ' +
    'Int32Array Int8Array Intl JSON Map Math Number Object Promise Proxy RangeError ReferenceError Reflect RegExp Request Response Set String ' +
    'Symbol SyntaxError TextDecoder TextEncoder TypeError URIError URL URLSearchParams Uint16Array Uint32Array Uint8Array Uint8ClampedArray ' +
    'WeakMap WeakRef WeakSet AbortController AbortSignal EventTarget AggregateError Iterator FinalizationRegistry ' +
    'atob btoa console crypto decodeURI decodeURIComponent encodeURI encodeURIComponent isFinite isNaN parseFloat parseInt performance require ' +
    'structuredClone setTimeout setInterval setImmediate clearTimeout clearInterval clearImmediate queueMicrotask'
  ).split(' '),
)

/** Of `Object` and `Reflect`: what writes into its first argument. */
export const WRITERS = new Set([
  'assign',
  'defineProperty',
  'defineProperties',
  'setPrototypeOf',
  'set',
  'deleteProperty',
])

/** Methods of `process` that only tell. */
export const TELLERS = new Set(
  'cwd uptime hrtime memoryUsage cpuUsage resourceUsage getBuiltinModule nextTick getActiveResourcesInfo'.split(
    ' ',
  ),
)

/** Methods that call the function they are given, and do not keep it. */
export const CALLERS = new Set(
  (
    'map filter forEach reduce reduceRight some every find findIndex findLast findLastIndex flatMap sort toSorted then catch finally replace ' +
    'replaceAll from call apply bind groupBy'
  ).split(' '),
)

/** Methods by which something is kept that is called later. */
export const KEEPERS = new Set(
  (
    'on once off addListener prependListener prependOnceListener addEventListener subscribe register use observe watch listen hook addHook tap ' +
    'setHandler onMessage'
  ).split(' '),
)
