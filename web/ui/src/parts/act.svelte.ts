// SPDX-License-Identifier: Apache-2.0
// One act of a person at a time: busy while it runs, and why it could not be done.
import { isProblem, type Problem } from '../api';

export class Act {
  busy = $state(false);
  problem = $state.raw<Problem>();

  /** True if it was done. A second press while it runs does nothing. */
  async run(work: () => Promise<unknown>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.problem = undefined;
    try {
      await work();
      return true;
    } catch (e) {
      this.problem = isProblem(e) ? e : { code: 'page', cause: String(e), remedy: '' };
      return false;
    } finally {
      this.busy = false;
    }
  }
}
