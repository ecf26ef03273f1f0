// The default theme in the fonts of the system: no font is loaded, so the site is small and works offline.
import theme from 'vitepress/theme-without-fonts';
import './style.css';

/** The addresses of the pages of a section. */
const pagesOf = ({ link, items = [] }) => [...(link ? [link] : []), ...items.flatMap(pagesOf)];

export default {
  extends: theme,
  // VitePress wants a sidebar for each path. Written out, they would be most of every page's bytes.
  enhanceApp({ siteData }) {
    const { themeConfig } = siteData.value;
    themeConfig.sidebar = Object.fromEntries(
      themeConfig.sections.flatMap((section) =>
        pagesOf(section).map((page) => [`${page}.md`, [section]]),
      ),
    );
  },
};
