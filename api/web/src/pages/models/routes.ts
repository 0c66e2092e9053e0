import type { RouteRecordRaw } from 'vue-router'

export default [
  { path: '/models', component: () => import('./ModelList.vue'), meta: { title: ['模型', 'Models'], needs: ['models.read'], nav: { group: 'models', order: 1 } } },
  { path: '/models/:model', redirect: (to) => `/models/${String(to.params['model'])}/dossier` },
  { path: '/models/:model/:tab(dossier|figures|grades|why|health|versions)', component: () => import('./ModelPage.vue'), props: true, meta: { title: ['模型', 'Model'], needs: ['models.read'] } },
  { path: '/trainings', component: () => import('./TrainingList.vue'), meta: { title: ['训练记录', 'Trainings'], needs: ['models.read'], nav: { group: 'models', order: 2 } } },
  { path: '/try-text', component: () => import('./TryText.vue'), meta: { title: ['在线研判', 'Try a text'], needs: ['signals.read'], nav: { group: 'models', order: 3 } } },
  { path: '/assessments/:id(\\d+)', component: () => import('./AssessmentPage.vue'), props: (to) => ({ id: Number(to.params['id']) }), meta: { title: ['研判解释', 'An assessment explained'], needs: ['signals.read'] } },
] satisfies RouteRecordRaw[]
