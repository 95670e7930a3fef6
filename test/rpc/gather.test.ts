import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gather } from '../../src/rpc/gather.ts'

test('what is added in one turn is sent together, and each is answered with its own', async () => {
  const sent: number[][] = []
  const gathered = gather<number>(async items => {
    sent.push(items)
    if (items.includes(3)) throw new Error('not three')
  })
  await Promise.all([gathered.add(1), gathered.add(2)])
  await assert.rejects(gathered.add(3), /not three/)
  const later = gathered.add(4)
  gathered.send()
  assert.deepEqual(sent, [[1, 2], [3], [4]])
  await later
})

test('no more than a thousand at a time', async () => {
  const sizes: number[] = []
  const gathered = gather<number>(async items => void sizes.push(items.length))
  await Promise.all(Array.from({ length: 2_500 }, (_, item) => gathered.add(item)))
  assert.deepEqual(sizes, [1_000, 1_000, 500])
})
