/**
 * To be imported before the application: `node --import beam-deploy/hot app.js`. From then on the code of that process can be replaced while it
 * runs, with `hotUpgrade()`. In TypeScript, `import type {} from 'beam-deploy/hot'` declares `import.meta.hot`.
 */
import './hot/preload.ts'
import type { HotContext } from './hot/runtime/hot-context.ts'

export type { HotContext }

declare global {
  interface ImportMeta {
    /** There only in a process with hot loading, in modules of the application. */
    readonly hot?: HotContext
  }
  namespace NodeJS {
    interface Module {
      /** `import.meta.hot` of a CommonJS module. */
      readonly hot?: HotContext
    }
  }
}
