import yoctoSpinner from 'yocto-spinner'

/** Shows the step that is under way, on standard error: a spinner for people, a line a step where nobody watches. */
export interface Progress {
  step(text: string): void
  done(text: string): void
  fail(): void
}

export function createProgress({ json }: { json?: boolean }): Progress {
  if (json) return { step: () => undefined, done: () => undefined, fail: () => undefined }
  if (!process.stderr.isTTY) {
    let last = ''
    const print = (text: string) => {
      if (text !== last) process.stderr.write(`${text}\n`)
      last = text
    }
    return { step: print, done: print, fail: () => undefined }
  }
  const spinner = yoctoSpinner({ stream: process.stderr })
  return {
    step: text => {
      spinner.text = text
      if (!spinner.isSpinning) spinner.start()
    },
    done: text => void spinner.success(text),
    fail: () => void (spinner.isSpinning && spinner.stop()),
  }
}
