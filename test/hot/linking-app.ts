import type { Files } from '../support/hot-program.ts'

/** A module that counts, and one that passes on all that it exports; `living.js` gets other exports by upgrades. */
export const LIVING: Files = {
  'app.js': `import './living.js'; import './barrel.js'`,
  'living.js': `
    let count = 0
    export const hit = () => (count += 1)
    export const version = () => 'v1'`,
  'barrel.js': `export * from './living.js'`,
}
