/** What hot loading needs only now and then, in a program of its own: the parser, and the upgrades. */
export { instrumentText } from '../instrument/text.ts'
export { createEngine } from './engine.ts'
export { createStandalone } from './standalone.ts'
