#!/usr/bin/env node
import { createRequire, enableCompileCache } from 'node:module'
import { MAIN } from '../programs.ts'
import { isSupportedNode, SUPPORTED_NODE } from '../supported-node.ts'

// This much has to run on any Node.js: an old one shall hear what is wrong, not fail on what it does not have.
if (isSupportedNode(process.versions.node)) {
  // Half of a short command's time is the compiling of its code. It stands in a file of its own, since what was compiled
  // before this call is not kept.
  enableCompileCache()
  const { main } = createRequire(import.meta.filename)(MAIN) as typeof import('./main.ts')
  void main()
} else {
  process.stderr.write(
    `beam-deploy needs Node.js ${SUPPORTED_NODE}, and this is ${process.version}. Install one of them, or put it first in the PATH.\n`,
  )
  process.exitCode = 1
}
