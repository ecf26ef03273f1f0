// The site. `build-site.ts` writes its pages and their contents beside this folder, then calls VitePress.
import { readFileSync } from 'node:fs';
import { defineConfig } from 'vitepress';
import { headingAnchor } from '../../../src/reporting/manual/heading-anchor.ts';

const contents = JSON.parse(readFileSync(new URL('../contents.json', import.meta.url), 'utf8'));

export default defineConfig({
  title: 'Restage',
  description: contents.description,
  lang: 'en',
  base: contents.base,
  srcDir: 'pages',
  outDir: '../../site',
  cleanUrls: false, // also served by servers that add no extension
  lastUpdated: false,
  // Pictures have their final addresses. As modules, each was a script of its own to load.
  vue: { template: { transformAssetUrls: false } },
  head: [
    ['link', { rel: 'icon', href: 'data:,' }],
    ['meta', { name: 'theme-color', content: '#0060a0' }],
  ],
  markdown: {
    anchor: { slugify: (text) => headingAnchor(text) },
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    config: (md) => {
      const { escapeHtml } = md.utils;
      // `{{ … }}` is text of ours, and no expression of Vue.
      md.renderer.rules.code_inline = (tokens, at) =>
        `<code v-pre>${escapeHtml(tokens[at].content)}</code>`;
      md.renderer.rules.text = (tokens, at) =>
        escapeHtml(tokens[at].content).replaceAll('{{', '&#123;&#123;');
      md.renderer.rules.code_block = (tokens, at) =>
        md.renderer.rules.fence(
          [Object.assign(tokens[at], { info: 'sh' })],
          0,
          md.options,
          {},
          md.renderer,
        );
      // With its size, a picture keeps its place while it loads.
      const image = md.renderer.rules.image;
      md.renderer.rules.image = (tokens, at, ...more) => {
        const token = tokens[at];
        const name = token.attrGet('src').replace(/^(\.*\/)+/, '');
        const { width, height } = contents.pictures[name];
        token.attrSet('src', contents.base + name);
        token.attrSet('loading', 'lazy');
        token.attrSet('width', width);
        token.attrSet('height', height);
        return image(tokens, at, ...more);
      };
      // Tables are wider than phones: they scroll by themselves, also by the keyboard. No attribute
      // `role`: Vue 3.5 keeps elements that have one as data, and starts each cell in the browser.
      md.renderer.rules.table_open = () =>
        '<figure class="wide" tabindex="0" aria-label="Table"><table>';
      md.renderer.rules.table_close = () => '</table></figure>';
    },
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: contents.nav,
    sections: contents.sections,
    ...(contents.repository && {
      socialLinks: [{ icon: 'github', link: contents.repository, ariaLabel: 'Source code' }],
    }),
    docFooter: { prev: 'Previous page', next: 'Next page' },
  },
});
