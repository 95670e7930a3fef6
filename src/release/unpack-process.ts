import type { UnpackRequest } from '../rpc/contracts.ts'
import { encodeError } from '../rpc/errors.ts'
import type { UnpackAnswer } from './unpack-in-child.ts'
import { unpackSource } from './unpack-source.ts'

/**
 * A program of its own: makes the one release that its argument names, prints one line of JSON ({@link UnpackAnswer}), and
 * ends. So the memory that unpacking takes is given back whole.
 */
const request = JSON.parse(process.argv[2] ?? 'null') as UnpackRequest
const answer: UnpackAnswer = await unpackSource(request).then(
  result => ({ ok: true, result }),
  error => ({ ok: false, error: encodeError(error) }),
)
process.stdout.write(`${JSON.stringify(answer)}\n`)
