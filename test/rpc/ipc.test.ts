import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BeamDeployError } from '../../src/errors.ts'
import { connect, ipcWire, isEnvelope, type Wire } from '../../src/rpc/ipc.ts'

interface Kitchen {
  cook(dish: string): string
  burn(): void
}

const nothing = {}
const kitchen: Kitchen = {
  cook: dish => `${dish}, cooked`,
  burn: () => {
    throw new BeamDeployError('peer_start_failed', 'burnt', { phase: 'boot', output: 'smoke' })
  },
}

test('calls go both ways, and what is thrown arrives as an error of ours', async () => {
  const [here, there] = wires()
  const remote = connect<Kitchen, object>(nothing, here)
  connect<object, Kitchen>(kitchen, there)
  assert.equal(await remote.cook('rice'), 'rice, cooked')
  await assert.rejects(Promise.resolve(remote.burn()), {
    name: 'BeamDeployError',
    code: 'peer_start_failed',
    phase: 'boot',
    output: 'smoke',
  })
})

test('a call that is under way when the other side goes rejects with the reason given', async () => {
  const [here] = wires()
  const remote = connect<Kitchen, object>(nothing, here)
  const call = remote.cook('rice')
  // A call is sent in a later turn.
  await new Promise(resolve => setImmediate(resolve))
  remote.$close(new BeamDeployError('peer_gone', 'the cook has left', { phase: 'control' }))
  await assert.rejects(call, { code: 'peer_gone', message: 'the cook has left' })
})

test('an answer that cannot be sent any more ends quietly; a call that cannot, fails', async t => {
  const unhandled: unknown[] = []
  const note = (error: unknown) => void unhandled.push(error)
  process.on('unhandledRejection', note)
  t.after(() => process.off('unhandledRejection', note))

  let deliver: (message: unknown) => void = () => undefined
  const broken: Wire = {
    send: () => Promise.reject(new Error('broken pipe')),
    receive: listener => {
      deliver = listener
    },
  }
  const remote = connect<Kitchen, Kitchen>(kitchen, broken)
  deliver({ t: 'q', i: '1', m: 'cook', a: ['rice'] })
  deliver({ t: 'q', i: '2', m: 'burn', a: [] })
  await assert.rejects(remote.cook('soup'), {
    code: 'peer_gone',
    message: 'the other process is gone: broken pipe',
  })
  await new Promise(resolve => setImmediate(resolve))
  assert.deepEqual(unhandled, [])
})

test('an event that the other side does not know is let go, there and here', async t => {
  const unhandled: unknown[] = []
  const note = (error: unknown) => void unhandled.push(error)
  process.on('unhandledRejection', note)
  t.after(() => process.off('unhandledRejection', note))

  const [here, there] = wires()
  const answers: unknown[] = []
  const older = connect<object, object>(nothing, there)
  const remote = connect<{ events(published: string[]): void } & Kitchen, object>(nothing, {
    send: here.send,
    receive: listener =>
      here.receive(message => {
        answers.push(message)
        listener(message)
      }),
  })
  await remote.events.asEvent(['beam-deploy:upgrade:start'])
  // Answered after the event was let go.
  await assert.rejects(remote.cook('rice'), /function "cook" not found/)
  assert.equal(answers.length, 1)
  assert.equal(older.$closed, false)
  assert.deepEqual(unhandled, [])
})

test('messages travel in an envelope with the version of the protocol', async () => {
  const sent: unknown[] = []
  const wire = ipcWire(
    async envelope => void sent.push(envelope),
    () => undefined,
  )
  await wire.send({ t: 's' })
  // As the first version sends it. Do not change: a peer may come from another copy of this package.
  assert.deepEqual(sent, [{ beamDeploy: 1, message: { t: 's' } }])
})

test('messages of the application are not taken for ours', () => {
  const received: unknown[] = []
  const wire = ipcWire(
    async () => undefined,
    listener => {
      for (const message of [
        'text',
        7,
        null,
        undefined,
        {},
        { cmd: 'shutdown' },
        { beamDeploy: 1, message: 'ours' },
      ])
        listener(message)
    },
  )
  wire.receive(message => void received.push(message))
  assert.deepEqual(received, ['ours'])
  assert.equal(isEnvelope({ message: 'x' }), false)
  assert.equal(isEnvelope({ beamDeploy: 2, message: 'of a later version' }), true)
})

/** Two ends of one wire, over which messages travel as JSON. */
function wires(): [Wire, Wire] {
  const listeners: ((message: unknown) => void)[] = []
  const end = (own: number, other: number): Wire => ({
    send: message => {
      const text = JSON.stringify(message)
      setImmediate(() => listeners[other]?.(JSON.parse(text)))
    },
    receive: listener => {
      listeners[own] = listener
    },
  })
  return [end(0, 1), end(1, 0)]
}
