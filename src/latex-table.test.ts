import assert from 'node:assert/strict';
import { test } from 'node:test';
import { latexTable } from './latex-table.ts';

test('a LaTeX table has the rules of booktabs, numbers to the right, and shows every sign as it is', () => {
  assert.equal(
    latexTable(
      ['net_a & b', 'AUC'],
      [
        ['50 % {x}', '0.91 ± 0.02'],
        ['a\\b^2 → c', '−0.1 … <1'],
      ],
      (column) => column > 0,
    ),
    String.raw`\begin{tabular}{lr}
  \toprule
  net\_a \& b & AUC \\
  \midrule
  50 \% \{x\} & 0.91 $\pm$ 0.02 \\
  a\textbackslash{}b\textasciicircum{}2 $\rightarrow$ c & $-$0.1 \ldots{} $<$1 \\
  \bottomrule
\end{tabular}`,
  );
});
