import { parseArgs } from 'node:util'
import type { CAC, Command } from 'cac'
import { BeamDeployError, messageOf } from '../errors.ts'
import { invalidOption } from './invalid-option.ts'

/** What a command line says: the command, what it is to work on, and its options under their names in camel case. */
export interface CommandLine {
  command: Command | null
  operands: string[]
  /** Of an option with a value all of them, in order. */
  options: Record<string, true | string[]>
}

type Option = Command['options'][number]

/**
 * Reads a command line by the options that `cli` declares. Values stay as they are written: cac itself, which explains the
 * commands, makes a number of `007` and `true` of a value that is missing.
 *
 * @throws `invalid_option` for what is unknown or missing.
 */
export function readCommandLine(cli: CAC, args: string[]): CommandLine {
  const flags = flagsOf([cli.globalCommand, ...cli.commands])
  const { tokens, positionals } = parse(args, flags)
  const [name, ...operands] = positionals
  const command = cli.commands.find(candidate => candidate.isMatched(name ?? '')) ?? null
  if (name !== undefined && !command) throw misuse(`unknown command ${name}`)
  const own = flagsOf(command ? [cli.globalCommand, command] : [cli.globalCommand])

  const options: CommandLine['options'] = {}
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    const option = own.get(token.name)
    if (!option) throw misuse(`${token.rawName} is no option of ${command?.name ?? cli.name}`)
    if (!option.required) options[nameOf(option)] = true
    else if (token.value) options[option.name] = [...valuesOf(options[option.name]), token.value]
    else throw invalidOption(token.rawName, '', 'it needs a value')
  }
  return { command, operands, options }
}

/** Throws `invalid_option` unless there are as many operands as the command takes. */
export function checkOperands({ rawName, args }: Command, operands: readonly string[]): void {
  if (operands.length < args.filter(({ required }) => required).length) throw misuse(`usage: ${rawName}`)
  if (operands.length > args.length)
    throw misuse(`${operands[args.length]} is one argument too many: ${rawName}`)
}

function parse(args: string[], flags: ReadonlyMap<string, Option>) {
  const options = Object.fromEntries(
    [...flags].map(([flag, { required }]) => [
      flag,
      { type: required ? ('string' as const) : ('boolean' as const), ...SHORT[flag] },
    ]),
  )
  try {
    return parseArgs({ args, options, allowPositionals: true, tokens: true })
  } catch (error) {
    throw misuse(messageOf(error))
  }
}

const SHORT: Record<string, { short: string }> = { help: { short: 'h' }, version: { short: 'v' } }

/** Each name of each option, without its dashes. */
function flagsOf(commands: readonly Command[]): Map<string, Option> {
  const flags = new Map<string, Option>()
  for (const { options } of commands)
    for (const option of options)
      for (const [, flag] of option.rawName.matchAll(/--([a-z-]+)/g)) flags.set(String(flag), option)
  return flags
}

/** cac calls `--no-hot` "hot", and means its default by it. */
const nameOf = ({ name, negated }: Option) =>
  negated ? `no${name.slice(0, 1).toUpperCase()}${name.slice(1)}` : name

const valuesOf = (value: true | string[] | undefined) => (Array.isArray(value) ? value : [])

const misuse = (message: string) =>
  new BeamDeployError('invalid_option', `${message}. (beam-deploy --help shows the commands and options)`, {
    phase: 'configure',
  })
