/**
 * The first page of the site: one sentence, one picture, three commands, and a report to try. Its
 * pictures, and the page `study` of a run of the study, are files of the site, whose address is
 * `base`.
 */
export function frontPage(base: string, study: string): string {
  return `---
layout: home
hero:
  name: Restage
  text: Computer-vision experiments written as YAML, of which only the stages run whose inputs changed
  actions:
    - theme: brand
      text: A first quarter of an hour
      link: /tutorial
    - theme: alt
      text: What comes out
      link: /gallery
    - theme: alt
      text: Twelve recipes
      link: /cookbook
---

<main class="vp-doc front">

<p class="picture"><picture><source media="(max-width: 640px)" srcset="${base}front-narrow.webp" width="526" height="630"><img src="${base}front.webp" alt="A run under way with its curves, and the images on which two models disagree; on a wide screen also a table of runs with their intervals" width="1640" height="1024"></picture></p>

## Three commands

Restage is in no registry yet. So they run in a clone of the repository, after \`npm ci\`, or [where it is installed](./readme.md#install):

\`\`\`sh
npx restage init faces && cd faces
npx restage run first.yaml
npx restage serve
\`\`\`

The first writes a small project, the second trains, measures and draws, and the third shows it live. They need Node alone, on Linux: no Python, no GPU. macOS should work, and Windows is not supported.

## A report to try

<a href="${base}${study}" target="_self">The study on drawn faces</a>: \`npx restage run study.yaml\` made it in the clone (six minutes on two cores), not in \`faces\`, and \`npx restage report --runs last --to shared\` wrote these pages. Their charts are live, they open without a network, and they hold whatever the run found. Drawn faces are toy data.

## Where to begin

| you are | begin with |
| --- | --- |
| a student with a folder of images | [Tutorial](./tutorial.md), then [Audit a folder](./cookbook.md#audit-a-folder) |
| a user of PyTorch | [Scores of a PyTorch model](./cookbook.md#scores-of-a-pytorch-model), then [Python](./python.md) |
| somebody with a cluster | [Clusters](./cluster.md) |
| a reviewer of a paper | [Check the study on photographs](./review.md) |
| a teacher | [A course and its competition](./course.md), then [the report of a course](./report.md) |

</main>
`;
}
