/** Tar archives made byte by byte, so that they can say what no honest tool would write. */

export interface TarEntryBytes {
  path: string
  /** The type flag of the format: `0` file, `1` hard link, `2` symbolic link, `5` folder… */
  type?: string
  content?: string | Buffer
  mode?: number
  linkpath?: string
  /** What stands before the path, with a slash between. */
  prefix?: string
  /** What the header says instead of the content's size. */
  size?: number
  /** Written instead of the right one. */
  checksum?: number
}

/** https://www.gnu.org/software/tar/manual/html_node/Standard.html */
export function entry({
  path,
  type = '0',
  content = '',
  mode = 0o644,
  linkpath = '',
  prefix = '',
  ...lies
}: TarEntryBytes): Buffer {
  const body = Buffer.from(content)
  const header = Buffer.alloc(512)
  header.write(path, 0, 100)
  header.write(octal(mode, 7), 100)
  header.write(octal(0, 7), 108)
  header.write(octal(0, 7), 116)
  header.write(octal(lies.size ?? body.length, 11), 124)
  header.write(octal(0, 11), 136)
  header.write(' '.repeat(8), 148)
  header.write(type, 156)
  header.write(linkpath, 157, 100)
  header.write('ustar\u000000', 257)
  header.write(prefix, 345, 155)
  const sum = lies.checksum ?? header.reduce((total, byte) => total + byte)
  header.write(`${octal(sum, 6)}\0 `, 148)
  return Buffer.concat([header, body, Buffer.alloc((512 - (body.length % 512)) % 512)])
}

/** An extended header for the entry after it; `global` for all of them. */
export function pax(values: Record<string, string>, { global = false } = {}): Buffer {
  const records = Object.entries(values).map(([key, value]) => paxRecord(key, value))
  return entry({ path: 'PaxHeader', type: global ? 'g' : 'x', content: Buffer.concat(records) })
}

/** GNU's way to give the entry after it a long path. */
export const longPath = (path: string) => entry({ path: '././@LongLink', type: 'L', content: `${path}\0` })

/** The same for what the next entry links to. */
export const longLinkpath = (path: string) =>
  entry({ path: '././@LongLink', type: 'K', content: `${path}\0` })

export const END = Buffer.alloc(1024)

export const tar = (...entries: Buffer[]) => Buffer.concat([...entries, END])

export const packageJson = (more: object = {}) => JSON.stringify({ name: 'demo', version: '1.2.3', ...more })

/** The least that is an application, in the folder `top`. */
export const application = (top = 'package/'): Buffer[] => [
  entry({ path: `${top}package.json`, content: packageJson() }),
  entry({ path: `${top}index.js`, content: 'console.log(1)\n' }),
]

const octal = (value: number, digits: number) => value.toString(8).padStart(digits, '0')

/** The length counts its own digits too. */
function paxRecord(key: string, value: string): Buffer {
  const rest = Buffer.from(` ${key}=${value}\n`)
  let length = rest.length + 1
  while (String(length).length + rest.length !== length) length += 1
  return Buffer.concat([Buffer.from(String(length)), rest])
}
