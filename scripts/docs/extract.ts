import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor'
import { ApiModel, type ApiPackage } from '@microsoft/api-extractor-model'

/** Forms of JSDoc that TSDoc does without: `@throws {Type}`, and `@param` with no hyphen. And we have but one stage of release. */
const ALLOWED = new Set([
  'tsdoc-param-tag-missing-hyphen',
  'tsdoc-malformed-inline-tag',
  'tsdoc-escape-right-brace',
  'ae-missing-release-tag',
])

/**
 * What an entry point's declarations export, with their docstrings. API Extractor brings a TypeScript of its own, which
 * can be asked: that of this project, the native one, cannot yet.
 *
 * @throws where a docstring cannot be read, a link leads nowhere, or a type that can be met is not exported.
 */
export function extractApi(declarations: string): ApiPackage {
  const projectFolder = resolve('.')
  const folder = mkdtempSync(join(tmpdir(), 'beam-deploy-docs-'))
  try {
    const apiJsonFilePath = join(folder, 'api.json')
    const config = ExtractorConfig.prepare({
      configObject: {
        projectFolder,
        mainEntryPointFilePath: resolve(declarations),
        compiler: { overrideTsconfig: { extends: resolve('tsconfig.json'), include: [declarations] } },
        docModel: { enabled: true, apiJsonFilePath },
        messages: {
          compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
          extractorMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
          tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        },
      },
      configObjectFullPath: undefined,
      packageJsonFullPath: resolve('package.json'),
    })
    const complaints: string[] = []
    Extractor.invoke(config, {
      localBuild: true,
      messageCallback: message => {
        message.handled = true
        const { logLevel, messageId, sourceFilePath = '', sourceFileLine, text } = message
        if (logLevel === ExtractorLogLevel.Error && !ALLOWED.has(messageId))
          complaints.push(
            `${sourceFilePath.replace(projectFolder, '.')}:${sourceFileLine}: ${text} (${messageId})`,
          )
      },
    })
    if (complaints.length > 0) throw new Error(`the docstrings cannot be used:\n${complaints.join('\n')}`)
    return new ApiModel().loadPackage(apiJsonFilePath)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
