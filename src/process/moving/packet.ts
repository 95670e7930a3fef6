import { nameOf, warn } from '../failures.ts'
import { HELD_BY, type Instance, type Message } from '../instance.ts'
import type { Transfer } from './contract.ts'

/** A process on its way, and the messages here that go with it: `carried[index]` is `transfer.messages[index]`. */
export interface Packet {
  instance: Instance
  transfer: Transfer
  carried: Message[]
}

let calls = 0

export function packetOf(instance: Instance): Packet {
  const { definition, id, spec, state, args, holds, queue } = instance
  const carried: Message[] = []
  for (let message = queue.first; message; message = message.after as Message | null) carried.push(message)
  const messages = carried.map(message => {
    const { kind, name, args, timeout } = message
    calls += 1
    return { kind, name, args, timeout, token: kind === 'call' ? `${process.pid}:${calls}` : null }
  })
  const isSuspended = (holds & HELD_BY.user) !== 0
  const transfer = {
    name: definition.name,
    id,
    version: spec.version,
    state: { value: state },
    args,
    isSuspended,
    messages,
  }
  return { instance, transfer, carried }
}

/** The same without what cannot be cloned, which is told. A message that cannot stays in the queue. */
export async function withoutUncloneable({ instance, transfer, carried }: Packet): Promise<Packet> {
  const { pack } = await import('../../rpc/values.ts')
  const name = nameOf(instance)
  const isCloneable = (value: unknown, what: string) => {
    try {
      pack(value, what)
      return true
    } catch (error) {
      warn(`at the handoff of ${name}`, error)
      return false
    }
  }
  const isStateCloneable = isCloneable(transfer.state, `the state of ${name}, which begins anew by init`)
  const areArgsCloneable = isCloneable(transfer.args, `what ${name} was started with`)
  const cloneable = transfer.messages.map(({ kind, name: message, args }) =>
    isCloneable(args, `the arguments of ${kind}(${JSON.stringify(message)})`),
  )
  return {
    instance,
    transfer: {
      ...transfer,
      state: isStateCloneable ? transfer.state : null,
      args: areArgsCloneable ? transfer.args : null,
      messages: transfer.messages.filter((_, index) => cloneable[index]),
    },
    carried: carried.filter((_, index) => cloneable[index]),
  }
}
