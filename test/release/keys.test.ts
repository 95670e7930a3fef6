import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { makeKeyPair } from '../../src/release/key-pair.ts'
import { readPublicKey } from '../../src/release/public-key.ts'
import { PASSPHRASE, readSigningKey } from '../../src/release/signing-key.ts'
import { newKeys } from '../support/signing.ts'
import { assertError, temporaryFolder } from './unpack-support.ts'

const modeOf = (file: string) => statSync(file).mode & 0o777

function withPassphrase(t: TestContext, passphrase: string): void {
  process.env[PASSPHRASE] = passphrase
  t.after(() => {
    delete process.env[PASSPHRASE]
  })
}

test('a new pair: the private key for its owner alone, whatever the umask', t => {
  const before = process.umask(0)
  t.after(() => process.umask(before))
  const folder = temporaryFolder(t)
  const pair = makeKeyPair(join(folder, 'k'))
  assert.deepEqual(readdirSync(folder), ['k.key', 'k.pub'])
  assert.equal(modeOf(pair.privateKey), 0o600)
  assert.equal(modeOf(pair.publicKey), 0o644)
  assert.equal(pair.encrypted, false)
  assert.match(pair.keyId, /^[0-9a-f]{16}$/)
  assert.equal(readPublicKey(pair.publicKey, 'x').id, pair.keyId)
  assert.equal(readSigningKey(pair.privateKey, 'x').id, pair.keyId)
  assert.notEqual(makeKeyPair(join(folder, 'other')).keyId, pair.keyId)
})

test('no key is overwritten, and none is left half made', t => {
  const folder = temporaryFolder(t)
  const name = join(folder, 'k')
  for (const ending of ['.key', '.pub']) {
    writeFileSync(name + ending, 'needed')
    assert.throws(
      () => makeKeyPair(name),
      error => assertError(error, 'invalid_option', name + ending, 'ever overwritten', '--out'),
    )
    assert.deepEqual(readdirSync(folder), [`k${ending}`])
    assert.equal(readFileSync(name + ending, 'utf8'), 'needed')
    rmSync(name + ending)
  }
  assert.throws(
    () => makeKeyPair(join(folder, 'nowhere/k')),
    error => assertError(error, 'invalid_option', 'nowhere/k.key', 'ENOENT'),
  )
})

test('a key with a passphrase wants it, and takes it out of the environment', t => {
  withPassphrase(t, 'open sesame')
  const pair = makeKeyPair(join(temporaryFolder(t), 'k'))
  assert.equal(pair.encrypted, true)
  assert.equal(process.env[PASSPHRASE], undefined)
  assert.match(readFileSync(pair.privateKey, 'utf8'), /BEGIN ENCRYPTED PRIVATE KEY/)
  assert.throws(
    () => readSigningKey(pair.privateKey, '--key k'),
    error => assertError(error, 'invalid_option', '--key k: it is encrypted', PASSPHRASE),
  )
  withPassphrase(t, 'wrong')
  assert.throws(
    () => readSigningKey(pair.privateKey, '--key k'),
    error => assertError(error, 'invalid_option', `with the passphrase in ${PASSPHRASE}`),
  )
  withPassphrase(t, 'open sesame')
  assert.equal(readSigningKey(pair.privateKey, 'x').id, pair.keyId)
  assert.equal(process.env[PASSPHRASE], undefined)
})

const pem = (key: KeyObject) => key.export({ type: key.type === 'private' ? 'pkcs8' : 'spki', format: 'pem' })

test('what is no Ed25519 key of the right half is refused, with what it is', t => {
  const keys = newKeys(t)
  const [secret, open] = [keys.privateKey, keys.publicKey].map(file => readFileSync(file, 'utf8'))
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const ed448 = generateKeyPairSync('ed448')
  const file = join(temporaryFolder(t), 'key')
  const cases: [content: string | Buffer | null, publicSays: string, privateSays: string][] = [
    [secret ?? '', 'that is a private key', ''],
    [open ?? '', '', 'that is a public key'],
    [pem(rsa.privateKey), 'that is a private key', 'for rsa, and only Ed25519'],
    [pem(rsa.publicKey), 'for rsa, and only Ed25519', 'that is a public key'],
    [pem(ed448.privateKey), 'that is a private key', 'for ed448, and only Ed25519'],
    [pem(ed448.publicKey), 'for ed448, and only Ed25519', 'that is a public key'],
    ['hello', 'no key in PEM form', 'no key in PEM form'],
    ['', 'no key in PEM form', 'no key in PEM form'],
    [Buffer.alloc(1_000_000, 1), 'no key in PEM form', 'no key in PEM form'],
    ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE me@host', 'no key in PEM form', 'no key in PEM form'],
    [block('CERTIFICATE'), 'that is a certificate', 'that is a certificate'],
    [block('PUBLIC KEY'), 'no key which can be read', 'that is a public key'],
    [block('PRIVATE KEY'), 'that is a private key', 'it cannot be read'],
    [`${open}${open}`, 'more than one key', 'more than one key'],
    [null, 'it cannot be read (ENOENT', 'it cannot be read (ENOENT'],
  ]
  for (const [content, publicSays, privateSays] of cases) {
    const path = content === null ? `${file}-gone` : file
    if (content !== null) writeFileSync(file, content)
    const halves = [
      [() => readPublicKey(path, '--verify key'), publicSays],
      [() => readSigningKey(path, '--verify key'), privateSays],
    ] as const
    for (const [read, says] of halves) {
      if (says === '') read()
      else assert.throws(read, error => assertError(error, 'invalid_option', '--verify key: ', says))
    }
  }
})

const block = (kind: string) => `-----BEGIN ${kind}-----\nAAAA\n-----END ${kind}-----\n`

test('a key that another tool has made will do', t => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const folder = temporaryFolder(t)
  const [secret, open] = [join(folder, 'a'), join(folder, 'b')]
  writeFileSync(secret, pem(privateKey))
  writeFileSync(open, `release key of the shop\r\n${String(pem(publicKey)).replaceAll('\n', '\r\n')}`)
  assert.equal(readPublicKey(open, 'x').id, readSigningKey(secret, 'x').id)
})
