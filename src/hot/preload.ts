import { HOT_GLOBAL } from '../rpc/hot-contracts.ts'
import { isInherited } from './runtime/inherited.ts'
import { startHotLoading } from './runtime/start.ts'

/** Loaded before the application's first line, once or twice; and in all that the application starts, where nothing happens. */
if (!(HOT_GLOBAL in globalThis || isInherited())) startHotLoading()
