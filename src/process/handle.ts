import type { Definition } from './instance.ts'
import { checkTimeout } from './spec.ts'

/**
 * A process, running or not: the definition and an id, and nothing else, so that 10 000 of them cost little. That is also why this is a
 * class: an object of functions would have ten of them each.
 */
class Handle {
  readonly name: string
  readonly id: string | null
  readonly #definition: Definition

  constructor(definition: Definition, id: string | null) {
    this.name = definition.name
    this.id = id
    this.#definition = definition
  }

  async start(...args: unknown[]): Promise<this> {
    await this.#definition.operations.start(this.#definition, this.id, args)
    return this
  }

  stop(reason: unknown = 'normal'): Promise<void> {
    return this.#definition.operations.stop(this.#definition, this.id, reason)
  }

  call(name: string, ...args: unknown[]): Promise<unknown> {
    const { operations, spec } = this.#definition
    return operations.call(this.#definition, this.id, name, args, spec.callTimeout)
  }

  cast(name: string, ...args: unknown[]): Promise<void> {
    return this.#definition.operations.cast(this.#definition, this.id, name, args)
  }

  within(milliseconds: number) {
    checkTimeout(`within() of process ${this.name}`, 'its argument', milliseconds)
    const call = (name: string, ...args: unknown[]) =>
      this.#definition.operations.call(this.#definition, this.id, name, args, milliseconds)
    return { call }
  }

  suspend(): Promise<void> {
    return this.#definition.operations.suspend(this.#definition, this.id)
  }

  resume(): Promise<void> {
    return this.#definition.operations.resume(this.#definition, this.id)
  }

  getState(): Promise<unknown> {
    return this.#definition.operations.getState(this.#definition, this.id)
  }

  replaceState(replacement: unknown): Promise<void> {
    return this.#definition.operations.replaceState(this.#definition, this.id, replacement)
  }
}

/** What `defineProcess` returns. */
export class DefinitionHandle extends Handle {
  readonly #definition: Definition

  constructor(definition: Definition) {
    super(definition, null)
    this.#definition = definition
  }

  instance(id: string): Handle {
    if (typeof id === 'string') return new Handle(this.#definition, id)
    throw new TypeError(`instance(id) of process ${this.name}: the id must be a string, and is ${String(id)}`)
  }
}
