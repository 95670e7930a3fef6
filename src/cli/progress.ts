/** Shows the step that is under way, on standard error: a spinner for people, a line a step where nobody watches. */
export interface Progress {
  step(text: string): void
  /** The same, for a step that prints on its own: nothing may move below it. */
  pause(text: string): void
  done(text: string): void
  fail(): void
}

export async function createProgress({ json }: { json?: boolean }): Promise<Progress> {
  if (json)
    return { step: () => undefined, pause: () => undefined, done: () => undefined, fail: () => undefined }
  if (!process.stderr.isTTY) {
    let last = ''
    const print = (text: string) => {
      if (text !== last) process.stderr.write(`${text}\n`)
      last = text
    }
    return { step: print, pause: print, done: print, fail: () => undefined }
  }
  const { default: yoctoSpinner } = await import('yocto-spinner')
  const spinner = yoctoSpinner({ stream: process.stderr })
  return {
    step: text => {
      spinner.text = text
      if (!spinner.isSpinning) spinner.start()
    },
    pause: text => {
      if (spinner.isSpinning) spinner.stop()
      process.stderr.write(`${text}\n`)
    },
    done: text => void spinner.success(text),
    fail: () => void (spinner.isSpinning && spinner.stop()),
  }
}
