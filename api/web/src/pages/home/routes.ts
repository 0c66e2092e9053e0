import type { RouteRecordRaw } from 'vue-router'

export default [
  { path: '/', component: () => import('./HomePage.vue'), meta: { title: ['首页', 'Home'], nav: { group: 'overview', order: 0 } } },
] satisfies RouteRecordRaw[]
