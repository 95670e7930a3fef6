import type { Files } from '../hot-program.ts'
import { libraryFile, libraryText } from './library.ts'
import { type AppModel, type Format, fileOf } from './model.ts'
import { packageFiles } from './package.ts'
import { moduleText } from './write-module.ts'

export const entryOf = (format: Format) => `app.${format === 'module' ? 'mjs' : 'cjs'}`

/** The files of an application; its entry only loads every module. */
export function appFiles(app: AppModel, format: Format): Files {
  const files: Files = { ...packageFiles }
  for (const module of app.modules) files[fileOf(module)] = moduleText(app, module, format)
  files[libraryFile(format)] = libraryText(format)
  files[entryOf(format)] = entryText(app, format)
  return files
}

function entryText({ modules }: AppModel, format: Format): string {
  const isModule = format === 'module'
  const loads = modules.map(module =>
    isModule ? `import "./${fileOf(module)}"` : `require("./${fileOf(module)}")`,
  )
  return `${loads.join('\n')}\n${
    isModule ? 'export const load = file => import(file)' : 'exports.load = async file => require(file)'
  }\n`
}
