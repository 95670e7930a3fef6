import type { ParentPlan } from './parent-plan.ts'
import { runParent } from './run-parent.ts'

/** The program that `beam-deploy start` turns into (`become-parent.ts`). */
void runParent(JSON.parse(process.argv[2] ?? '') as ParentPlan)
