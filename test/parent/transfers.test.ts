import assert from 'node:assert/strict'
import net from 'node:net'
import { test } from 'node:test'
import type { Generation } from '../../src/parent/generation.ts'
import type { PeerProcess } from '../../src/parent/peer-types.ts'
import { forwardTo } from '../../src/parent/transfers.ts'
import type { TransferOutcome } from '../../src/rpc/transfer.ts'

const NOTE = { kind: 'any' }
const NOBODY = { taken: false, reason: 'no other peer serves in this slot' }

type State = PeerProcess['state']

/** A generation in whose second slot a peer is in `state` and answers with `send`; `null`: nobody is there. */
function generation(number: number, state: State['state'] | null, send: () => Promise<TransferOutcome>) {
  const peer = { state: { state }, transfers: { send } } as unknown as PeerProcess
  const peerIn = (slot: number) => (slot === 1 && state !== null ? peer : null)
  return { number, peerIn } as Partial<Generation> as Generation
}

const taken = async (): Promise<TransferOutcome> => ({ taken: true })
const unasked = (): never => assert.fail('it was asked')
const from = { generation: 1, slot: 1 }
const generations = (active: Generation | null) => ({ active, incoming: null, parked: null, draining: [] })

test('a socket goes to the peer that serves in the same slot', async () => {
  const active = generation(2, 'serving', taken)
  const forward = forwardTo(() => generations(active), from)
  assert.deepEqual(await forward(new net.Socket(), NOTE), { taken: true })
})

for (const [name, active] of [
  ['no generation serves', null],
  ['its own generation serves', generation(1, 'serving', unasked)],
  ['the slot waits for a new process', generation(2, null, unasked)],
  ['the process in the slot boots', generation(2, 'booting', unasked)],
  ['the process in the slot drains', generation(2, 'draining', unasked)],
] as const) {
  test(`a socket is refused where ${name}`, async () => {
    const forward = forwardTo(() => generations(active), from)
    assert.deepEqual(await forward(new net.Socket(), NOTE), NOBODY)
  })
}

test('a peer that ends with it has not taken it', async () => {
  const ends = () => Promise.reject(new Error('peer 2.1 has ended'))
  const active = generation(2, 'serving', ends)
  const forward = forwardTo(() => generations(active), from)
  assert.deepEqual(await forward(new net.Socket(), NOTE), { taken: false, reason: 'peer 2.1 has ended' })
})

test('where a peer is replaced before it takes a socket, its successor is asked', async () => {
  const next = generation(3, 'serving', taken)
  let active = generation(2, 'serving', async () => {
    active = next
    return { taken: false, reason: 'it drains' }
  })
  const forward = forwardTo(() => generations(active), from)
  assert.deepEqual(await forward(new net.Socket(), NOTE), { taken: true })
})

test('a peer that serves and does not want it is asked once', async () => {
  let asked = 0
  const refuses = async (): Promise<TransferOutcome> => {
    asked += 1
    return { taken: false, reason: 'unknown kind' }
  }
  const active = generation(2, 'serving', refuses)
  const forward = forwardTo(() => generations(active), from)
  assert.deepEqual(await forward(new net.Socket(), NOTE), { taken: false, reason: 'unknown kind' })
  assert.equal(asked, 1)
})
