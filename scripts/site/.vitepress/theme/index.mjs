// The default theme in the fonts of the system: no font is loaded, so the site is small and works offline.
import theme from 'vitepress/theme-without-fonts';
import './style.css';

export default theme;
