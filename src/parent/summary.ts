import type { Release } from '../release/release.ts'
import type { ReleaseSummary } from '../rpc/contracts.ts'

export const summaryOf = ({ id, version }: Release): ReleaseSummary => ({ id, version })
