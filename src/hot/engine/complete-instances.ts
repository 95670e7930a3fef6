import type { Installation } from '../apply/assembly.ts'
import { livingClass } from '../apply/living-class.ts'
import type { Journal } from '../apply/undo.ts'
import { eachInstance } from './closures.ts'
import type { Prepared } from './prepared.ts'

type Completion = Extract<Installation, { do: 'complete' }>

/**
 * Gives instances that live the fields that their class has in addition, where they do not have them. Called before the code is replaced, so that
 * nothing new finds an instance without, and after that once more, for those that were made meanwhile.
 */
export async function completeInstances({ compiled }: Prepared, journal: Journal): Promise<void> {
  for (const { values } of compiled.values())
    for (const [installation, value] of values)
      if (installation.do === 'complete')
        await complete(installation, value as (this: object) => unknown, journal)
}

async function complete(
  { home, name, known }: Completion,
  make: (this: object) => unknown,
  journal: Journal,
): Promise<void> {
  const lacking: string[] = []
  await eachInstance(livingClass(home).prototype, instance => {
    // One that its constructor has not made has none of its fields.
    const isMade = known.length === 0 || known.some(field => Object.hasOwn(instance, field))
    if (!isMade || Object.hasOwn(instance, name)) return
    const value = make.call(instance)
    if (
      !Reflect.defineProperty(instance, name, { value, writable: true, enumerable: true, configurable: true })
    ) {
      lacking.push(name)
      return
    }
    const reference = new WeakRef(instance)
    journal.record(() => {
      const living = reference.deref()
      if (living) Reflect.deleteProperty(living, name)
    })
  })
  if (lacking.length > 0)
    throw new Error(`an instance of \`${livingClass(home).name}\` cannot be given the new field \`${name}\``)
}
