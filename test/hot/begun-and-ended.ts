/**
 * Text of a module: what others have begun and ended, in order, and what is still running. One that is never ended stays in there.
 */
export const LOG = `
export const log = []
export const running = new Set()
export function begin(name) { running.add(name); log.push('begin ' + name); return name }
export function end(name) { running.delete(name); log.push('end ' + name) }`
