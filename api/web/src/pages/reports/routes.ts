import type { RouteRecordRaw } from 'vue-router'

export default [
  { path: '/reports', component: () => import('./ReportList.vue'), meta: { title: ['报告', 'Reports'], needs: ['reports.read'], nav: { group: 'reports', order: 1 } } },
  { path: '/reports/:id(\\d+)', component: () => import('./ReportPage.vue'), props: (route) => ({ id: Number(route.params['id']) }), meta: { title: ['报告', 'Report'], needs: ['reports.read'] } },
  { path: '/exposures', component: () => import('./ExposureBoard.vue'), meta: { title: ['曝光台', 'Exposure board'], needs: ['exposures.read'], nav: { group: 'reports', order: 2 } } },
] satisfies RouteRecordRaw[]
