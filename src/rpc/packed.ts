/**
 * A value of the application on its way between processes: a description, and the binary content that it refers to. Only
 * `values.ts` looks inside; whoever is on the way passes it on.
 */
export type Packed = Uint8Array[]
