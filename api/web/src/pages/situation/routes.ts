import type { RouteRecordRaw } from 'vue-router'

export default [
  { path: '/situation', component: () => import('./SituationPage.vue'), meta: { title: ['态势总览', 'Situation'], needs: ['alerts.read'], nav: { group: 'overview', order: 10 } } },
  { path: '/wall', component: () => import('./WallPage.vue'), meta: { title: ['值班大屏', 'Wall screen'], needs: ['alerts.read'], nav: { group: 'overview', order: 90 }, bare: true, open: true } }, // a screen on a wall says itself that its session is over
  { path: '/map-file', component: () => import('./MapFile.vue'), meta: { title: ['地图文件', 'Map file'], needs: ['maps.write'], nav: { group: 'system', order: 80 } } },
] satisfies RouteRecordRaw[]
