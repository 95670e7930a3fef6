import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { describe, test } from 'node:test'
import { application, entry, longLinkpath, tar } from '../support/tar-bytes.ts'
import { assertRefused, temporaryFolder } from './unpack-support.ts'

const file = (path: string) => entry({ path, content: 'x' })
const link = (path: string, linkpath: string) => entry({ path, type: '2', linkpath })
const hardLink = (path: string, linkpath: string) => entry({ path, type: '1', linkpath })

describe('a symbolic link that leaves the release is refused', () => {
  for (const target of ['/etc/passwd', '../outside', '../../outside', 'a/../../outside', 'sub/../../x']) {
    test(`to ${target}`, async t => {
      await assertRefused(
        t,
        tar(...application(), link('package/here', target)),
        '"here"',
        JSON.stringify(target),
        'leaves',
      )
    })
  }

  test('with the help of another link', async t => {
    const deep = [entry({ path: 'package/a/b/', type: '5' }), link('package/a/b/top', '../..')]
    const bytes = tar(...application(), ...deep, link('package/out', 'a/b/top/../x'))
    await assertRefused(t, bytes, '"out"', '"a/b/top/../x"', 'leaves the release')
  })

  test('when it only stays inside before the top folder is taken away', async t => {
    await assertRefused(
      t,
      tar(...application(), link('package/here', '../package/index.js')),
      '"here"',
      'leaves',
    )
  })

  test('in a circle', async t => {
    await assertRefused(
      t,
      tar(...application(), link('package/a', 'b'), link('package/b', 'a')),
      '"a"',
      'circle',
    )
  })

  test('with content', async t => {
    const bytes = tar(
      ...application(),
      entry({ path: 'package/l', type: '2', linkpath: 'index.js', content: 'x' }),
    )
    await assertRefused(t, bytes, '"package/l"', 'link with content')
  })
})

describe('a symbolic link that no file system takes is refused', () => {
  test('to nothing', async t => {
    await assertRefused(t, tar(...application(), link('package/l', '')), '"l"', 'leads nowhere')
  })

  test('to a path longer than any', async t => {
    const bytes = tar(...application(), longLinkpath('a/'.repeat(400_000)), link('package/l', 'x'))
    await assertRefused(t, bytes, '"l"', 'longer than any path')
  })
})

describe('an entry that goes through a link is refused', () => {
  test('a file below a link to outside', async t => {
    const target = temporaryFolder(t)
    const bytes = tar(...application(), link('package/l', target), file('package/l/evil'))
    await assertRefused(t, bytes, '"package/l/evil"', '"package/l"', 'no folder')
    assert.deepEqual(readdirSync(target), [])
  })

  test('a file below a link to inside', async t => {
    const bytes = tar(...application(), link('package/l', '.'), file('package/l/evil'))
    await assertRefused(t, bytes, '"package/l/evil"', 'no folder')
  })

  test('a file in the place of a link', async t => {
    const bytes = tar(...application(), link('package/l', 'index.js'), file('package/l'))
    await assertRefused(t, bytes, '"package/l"', 'twice')
  })

  test('a link in the place of a folder', async t => {
    const bytes = tar(...application(), file('package/l/x'), link('package/l', '.'))
    await assertRefused(t, bytes, '"package/l"', 'twice')
  })

  test('a file below a file', async t => {
    await assertRefused(
      t,
      tar(...application(), file('package/index.js/x')),
      '"package/index.js/x"',
      'no folder',
    )
  })
})

describe('a hard link is refused', () => {
  for (const target of ['/etc/passwd', '../outside', 'package/not-there', 'package']) {
    test(`to ${target}`, async t => {
      await assertRefused(
        t,
        tar(...application(), hardLink('package/h', target)),
        '"package/h"',
        JSON.stringify(target),
      )
    })
  }

  test('to a symbolic link', async t => {
    const bytes = tar(...application(), link('package/l', 'index.js'), hardLink('package/h', 'package/l'))
    await assertRefused(t, bytes, '"package/h"', 'hard link to "package/l"')
  })
})
