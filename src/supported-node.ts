/** For people. */
export const SUPPORTED_NODE = '24.19 or newer, or 26.4 or newer'

/** What `engines` in `package.json` says, for those whom npm did not tell: `net.BoundSocket` came with these. */
export function isSupportedNode(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return (major === 24 && minor >= 19) || (major === 26 && minor >= 4) || major > 26
}
