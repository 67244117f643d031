// Keeps the tablet's page for days without network. Handing over answers is the page's own work.
const CACHE="tuntas-"+VERSION,HOME=self.registration.scope;
self.addEventListener("install",e=>e.waitUntil(caches.open(CACHE).then(c=>c.add(new Request(HOME,{cache:"reload"}))).then(()=>self.skipWaiting())));
self.addEventListener("activate",e=>e.waitUntil(caches.keys().then(names=>Promise.all(names.filter(n=>n.startsWith("tuntas-")&&n!==CACHE).map(n=>caches.delete(n)))).then(()=>self.clients.claim())));
self.addEventListener("fetch",e=>{
 if(e.request.mode!=="navigate"||e.request.url.split(/[?#]/)[0]!==HOME)return;
 e.respondWith((async()=>{
  const cache=await caches.open(CACHE);
  try{
   const fresh=await fetch(e.request,{signal:AbortSignal.timeout(4000)});
   if(fresh.ok)await cache.put(HOME,fresh.clone());
   return fresh.status>=500?(await cache.match(HOME))||fresh:fresh;
  }catch{return (await cache.match(HOME))||Response.error()}
 })());
});
