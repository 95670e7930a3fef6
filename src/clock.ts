/** Milliseconds on a clock that is never set. (`performance.now()` is the same, and loads ten modules for it.) */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6
