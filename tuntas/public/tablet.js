(()=>{
"use strict";
// One tablet, many citizens. An answer is written to the device before anyone is thanked, and leaves
// it only in the same step that notes the server's receipt.
const form=document.querySelector("form[data-survey]"),data=document.body.dataset,words=JSON.parse(document.getElementById("words").textContent);
const $=id=>document.getElementById(id),home=location.pathname,kiosk=data.kind==="kiosk";
const screens=["start","ask","thanks"],IDLE=+data.idle||60,WARN=15;
let opened=0,idle=0,warned=0,leave=0,busy=false,pause=5,timer=0,held=null,stale=false;

// -- store ---------------------------------------------------------------------------------------
const wait=r=>new Promise((ok,no)=>{r.onsuccess=()=>ok(r.result);r.onerror=()=>no(r.error)});
let opening=null;
function base(){
 return opening||=new Promise((ok,no)=>{
  const r=indexedDB.open("tuntas:"+home,1);
  r.onupgradeneeded=()=>{const d=r.result;d.createObjectStore("queue",{keyPath:"id"});d.createObjectStore("sent",{keyPath:"id"});d.createObjectStore("keys")};
  r.onsuccess=()=>ok(r.result);r.onerror=()=>{opening=null;no(r.error)};
 });
}
async function done(stores,mode,work){
 const t=(await base()).transaction(stores,mode,{durability:"strict"});
 const end=new Promise((ok,no)=>{t.oncomplete=ok;t.onabort=t.onerror=()=>no(t.error||new Error("abort"))});
 const value=work(t);await end;return value;
}
const all=async name=>wait((await base()).transaction(name).objectStore(name).getAll());
// Encrypted at rest with a key that scripts cannot read out, where the platform allows.
let secret=null;
async function key(){
 if(!globalThis.crypto?.subtle)return null;
 if(secret)return secret;
 const d=await base();
 secret=await wait(d.transaction("keys").objectStore("keys").get("k"));
 if(!secret){
  const made=await crypto.subtle.generateKey({name:"AES-GCM",length:256},false,["encrypt","decrypt"]);
  await done(["keys"],"readwrite",t=>{t.objectStore("keys").add(made,"k")}).catch(()=>{});
  secret=await wait(d.transaction("keys").objectStore("keys").get("k"));
 }
 return secret;
}
async function lock(item){
 const k=await key(),text=JSON.stringify(item);
 if(!k)return {id:item.id,at:item.at,text};
 const iv=crypto.getRandomValues(new Uint8Array(12));
 return {id:item.id,at:item.at,iv,box:await crypto.subtle.encrypt({name:"AES-GCM",iv},k,new TextEncoder().encode(text))};
}
async function unlock(row){
 if(row.text)return JSON.parse(row.text);
 return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt({name:"AES-GCM",iv:row.iv},await key(),row.box)));
}
function uuid(){
 const b=crypto.getRandomValues(new Uint8Array(16));b[6]=b[6]&15|64;b[8]=b[8]&63|128;
 const h=[...b].map(x=>x.toString(16).padStart(2,"0")).join("");
 return h.replace(/^(.{8})(.{4})(.{4})(.{4})/,"$1-$2-$3-$4-");
}
function secretCode(){
 const signs=data.alphabet,out=[];
 while(out.length<17){const [b]=crypto.getRandomValues(new Uint8Array(1));if(b<256-256%signs.length)out.push(signs[b%signs.length])}
 return out.join("").replace(/^(.{4})(.{4})(.{4})/,"$1-$2-$3-");
}

// -- screens -------------------------------------------------------------------------------------
function show(name){
 screens.forEach(s=>$(s).hidden=s!==name);
 clearTimeout(leave);idle=0;$("idle").hidden=true;
 scrollTo(0,0);
}
function start(){
 form.reset();delete form.dataset.sent;opened=Date.now();show("ask");
 form.querySelector("[data-step].now legend").focus({preventScroll:true});
 if(kiosk)document.documentElement.requestFullscreen?.().catch(()=>{});
}
// A questionnaire that was replaced is loaded anew between two citizens, and only with network.
function rest(){if(stale&&navigator.onLine)return location.reload();form.reset();show("start");$("begin").focus()}
function thank(item){
 $("code-part").hidden=!item.suggestion;$("code").textContent=item.code;
 show("thanks");$("thanks").querySelector("h1").focus();
 leave=setTimeout(rest,item.suggestion?45e3:8e3);
}
$("begin").addEventListener("click",start);
$("finish").addEventListener("click",rest);
$("leave").addEventListener("click",rest);
$("stay").addEventListener("click",()=>{idle=0;$("idle").hidden=true});
["pointerdown","keydown","input","scroll"].forEach(n=>addEventListener(n,()=>{idle=0;$("idle").hidden=true},{passive:true}));
setInterval(()=>{
 if($("ask").hidden)return;
 idle++;
 if(idle>=IDLE){$("idle").hidden=false;$("left").textContent=Math.max(0,IDLE+WARN-idle)}
 if(idle>=IDLE+WARN)rest();
},1e3);
// No way back to what somebody else answered.
history.replaceState(null,"");history.pushState(null,"");
addEventListener("popstate",()=>{history.pushState(null,"");rest()});

// -- one answer ----------------------------------------------------------------------------------
function read(){
 const f=new FormData(form),text=(f.get("suggestion")||"").trim();
 return {id:uuid(),edition:form.elements.edition.value,at:Date.now(),seconds:Math.min(3600,Math.round((Date.now()-opened)/1e3)),
  answers:[...Array(+data.questions).keys()].map(i=>f.get("q"+(i+1))||"0").join(""),
  profile:data.profile.split(" ").map(c=>f.get("p_"+c)||data.unknown).join(""),suggestion:text,code:text?secretCode():""};
}
form.addEventListener("submit",async e=>{
 if(e.defaultPrevented)return;
 e.preventDefault();
 const item=held||(held=read());
 try{
  const row=await lock(item);
  await done(["queue"],"readwrite",t=>{t.objectStore("queue").put(row)});
 }catch(error){
  delete form.dataset.sent;$("full").hidden=false;$("full").focus();return;
 }
 held=null;$("full").hidden=true;thank(item);sync();
});
form.addEventListener("input",()=>{held=null});
$("save-one").addEventListener("click",()=>{download([held||(held=read())],"jawaban");});

// -- handing over --------------------------------------------------------------------------------
async function sync(again){
 if(busy)return;busy=true;clearTimeout(timer);
 try{await (navigator.locks?navigator.locks.request("tuntas:"+home,()=>hand(again)):hand(again));pause=5}
 catch{pause=Math.min(300,pause*2)}
 busy=false;await tell();
 const rows=await all("queue").catch(()=>[]);
 if(rows.some(r=>!r.reason))timer=setTimeout(sync,pause*1e3);
}
async function hand(again){
 // What the server refused is kept and tried again only when somebody asks for it.
 for(const tried=new Set();;){
  const rows=(await all("queue")).filter(r=>!tried.has(r.id)&&(again||!r.reason)).sort((a,b)=>a.at-b.at),some=rows.slice(0,+data.most);
  if(!some.length)return;
  const items=await Promise.all(some.map(unlock));
  const answer=await fetch(home+"sync",{method:"POST",headers:{"Content-Type":"application/json"},body:JSON.stringify({now:Date.now(),waiting:rows.length,items}),signal:AbortSignal.timeout(3e4),cache:"no-store",credentials:"same-origin"});
  const told=await answer.json();
  if(told.edition)stale=String(told.edition)!==form.elements.edition.value;
  if(!answer.ok){if(told.error==="revoked"){$("note").textContent=words.revoked;$("note").hidden=false}throw new Error(told.error)}
  await done(["queue","sent"],"readwrite",t=>{
   for(const r of told.results){
    tried.add(r.id);
    const row=some.find(x=>x.id===r.id);if(!row)continue;
    if(r.state==="refused"){row.reason=r.reason;t.objectStore("queue").put(row)}
    else{t.objectStore("queue").delete(r.id);t.objectStore("sent").put({id:r.id,at:row.at,receipt:r.receipt,month:r.month,sent:Date.now()})}
   }
  });
 }
}

// -- what the officer sees -----------------------------------------------------------------------
async function tell(){
 const [queue,sent]=await Promise.all([all("queue"),all("sent")]).catch(()=>[[],[]]);
 $("net").textContent=navigator.onLine?words.online:words.offline;
 $("waiting").textContent=queue.length;$("sent-count").textContent=sent.length;
 const list=$("list"),when=t=>new Date(t).toLocaleString("id-ID",{dateStyle:"medium",timeStyle:"short"});
 list.replaceChildren(...[...queue.map(r=>[r.at,r.reason?words.refused+": "+r.reason:words.waiting,""]),...sent.sort((a,b)=>b.sent-a.sent).slice(0,100).map(r=>[r.at,words.sent,r.receipt])].map(([at,state,receipt])=>{
  const li=document.createElement("li");li.append(when(at)+" · "+state);
  if(receipt){const c=document.createElement("code");c.textContent=receipt;li.append(" ",c)}
  return li;
 }));
}
async function download(items,name){
 const body=JSON.stringify({format:"tuntas-tablet-1",now:Date.now(),items},null,1);
 const a=document.createElement("a");a.href=URL.createObjectURL(new Blob([body],{type:"application/json"}));
 a.download="tuntas-"+name+"-"+new Date().toISOString().slice(0,16).replace(/[:T]/g,"")+".json";a.click();
 setTimeout(()=>URL.revokeObjectURL(a.href),6e4);
}
$("send").addEventListener("click",()=>{pause=5;sync(true)});
$("export").addEventListener("click",async()=>download(await Promise.all((await all("queue")).map(unlock)),"cadangan"));
addEventListener("online",()=>{pause=5;sync()});addEventListener("offline",tell);
document.addEventListener("visibilitychange",()=>{if(!document.hidden)sync()});
navigator.storage?.persist?.();
navigator.serviceWorker?.register(home+"sw.js",{scope:home}).then(()=>navigator.serviceWorker.ready).then(()=>{$("ready").hidden=false}).catch(()=>{});
document.documentElement.classList.add("tablet");
show("start");sync();
})();
