import type { UnpackRequest } from '../rpc/contracts.ts'
import { encodeError } from '../rpc/errors.ts'
import type { UnpackAnswer } from './unpack-in-child.ts'
import { unpackSource } from './unpack-source.ts'

/**
 * A program of its own: makes one release, prints one line of JSON ({@link UnpackAnswer}), and ends. So the memory that
 * decompression takes is given back whole.
 */
void answer(JSON.parse(process.argv[2] ?? '') as UnpackRequest).then(result => {
  process.stdout.write(`${JSON.stringify(result)}\n`)
})

function answer(request: UnpackRequest): Promise<UnpackAnswer> {
  return unpackSource(request).then(
    result => ({ ok: true, result }),
    (error: unknown) => ({ ok: false, error: encodeError(error) }),
  )
}
