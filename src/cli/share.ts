import { invalidOption } from './invalid-option.ts'

/** `5%`, or `0.05`. `option` names it in the error. */
export function parseShare(option: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(text)
  const share = Number(match?.[1]) / (match?.[2] ? 100 : 1)
  if (share >= 0 && share <= 1) return share
  throw invalidOption(option, text, 'it must be a share from 0 to 1, such as 0.05 or 5%')
}
