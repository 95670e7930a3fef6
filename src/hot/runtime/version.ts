/** Changes whenever the same source would be instrumented to another text. */
export const INSTRUMENT_VERSION = 10
