/**
 * Help of a command in the order in which it is needed: what it is for, examples to paste, then usage, flags and the rest.
 * oclif loads this class by its path in package.json (`oclif.helpClass`).
 */
import { CommandHelp, Help } from '@oclif/core';
import { thisTerminal } from './terminal.js';
import { inSigns } from './text.js';

const FIRST = 'EXAMPLES';

class ExamplesFirst extends CommandHelp {
  protected override sections() {
    const sections = super.sections();
    return [
      ...sections.filter(({ header }) => header === FIRST),
      ...sections.filter(({ header }) => header !== FIRST),
    ];
  }

  /** Without the summary, which stands at the top already. */
  protected override description(): string | undefined {
    const { description } = this.command;
    return description === undefined ? undefined : this.wrap(description);
  }
}

export default class RedisTsHelp extends Help {
  protected override CommandHelpClass = ExamplesFirst;

  protected override log(...args: string[]): void {
    const { unicode } = thisTerminal();
    super.log(...args.map((text) => inSigns(text, unicode)));
  }
}
