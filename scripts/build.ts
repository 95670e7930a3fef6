import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type BuildOptions, build } from 'esbuild'

const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  dependencies: Record<string, string>
}

const shared = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  outdir: 'dist',
  external: Object.keys(dependencies),
  logLevel: 'warning',
  sourcemap: true,
  sourcesContent: false,
  metafile: true,
} as const satisfies BuildOptions

rmSync('dist', { recursive: true, force: true })

const library = await build({
  ...shared,
  entryPoints: { index: 'src/index.ts', process: 'src/process.ts', ws: 'src/ws.ts' },
  format: 'esm',
  splitting: true,
  chunkNames: '[name]-[hash]',
})

// One file: it is loaded before each start of an application.
const hotLoading = await build({
  ...shared,
  entryPoints: { 'hot-loading': 'src/hot.ts' },
  format: 'esm',
})

// What starts with each command and each peer is one CommonJS file: Node.js boots it in half the time of ES modules.
const programs = await build({
  ...shared,
  entryPoints: {
    cli: 'src/cli/bin.ts',
    main: 'src/cli/main.ts',
    parent: 'src/cli/parent-process.ts',
    unpack: 'src/release/unpack-process.ts',
    preload: 'src/peer/preload.ts',
    hot: 'src/hot/preload.ts',
    'hot-engine': 'src/hot/engine/main.ts',
    exchange: 'src/peer/exchange.ts',
    health: 'src/peer/health/main.ts',
    config: 'src/config/config-process.ts',
    'parent-child': 'src/child/child-process.ts',
  },
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  define: { 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename' },
})

await build({
  ...shared,
  entryPoints: { 'warm-module': 'src/peer/warm-module.mts' },
  format: 'esm',
  outExtension: { '.js': '.mjs' },
})

writeFileSync('dist/third-party-licenses.txt', licensesOf([library, hotLoading, programs]))
chmodSync('dist/cli.cjs', 0o755)
execFileSync('tsc', ['-p', 'tsconfig.types.json'], { stdio: 'inherit' })

/** The licenses of the packages whose code is inside the bundles. */
function licensesOf(results: { metafile: { inputs: Record<string, unknown> } }[]): string {
  const folders = new Set<string>()
  for (const { metafile } of results) {
    for (const input of Object.keys(metafile.inputs)) {
      const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0]
      if (folder !== undefined) folders.add(folder)
    }
  }
  const texts = [...folders].sort().map(folder => {
    const { name, version } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'))
    // Some have theirs at the end of what they say of themselves.
    const file = ['LICENSE', 'LICENSE.md', 'LICENSE.BSD', 'license', 'README.md']
      .map(candidate => `${folder}/${candidate}`)
      .find(existsSync)
    if (file === undefined) throw new Error(`${folder} has no license file`)
    return `${name} ${version}\n\n${readFileSync(file, 'utf8').trim()}\n`
  })
  return texts.join('\n---\n\n')
}
