import { execFileSync } from 'node:child_process'
import { chmodSync, rmSync } from 'node:fs'
import { type BuildOptions, build } from 'esbuild'

const shared = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  outdir: 'dist',
  logLevel: 'warning',
  sourcemap: true,
  sourcesContent: false,
} as const satisfies BuildOptions

rmSync('dist', { recursive: true, force: true })

await build({
  ...shared,
  entryPoints: { index: 'src/index.ts', cli: 'src/cli/main.ts', unpack: 'src/release/unpack-process.ts' },
  format: 'esm',
  splitting: true,
  chunkNames: '[name]-[hash]',
  packages: 'external',
})

// CommonJS in one file, its one dependency inside: every boot of every peer waits for it.
await build({
  ...shared,
  entryPoints: { preload: 'src/peer/preload.ts' },
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
})

chmodSync('dist/cli.js', 0o755)
execFileSync('tsc', ['-p', 'tsconfig.types.json'], { stdio: 'inherit' })
