(()=>{
"use strict";
const form=document.querySelector("form[data-survey]");
if(!form||form.dataset.survey==="errors"||!("closest" in form))return;
const tablet=form.dataset.survey==="tablet",steps=[...form.querySelectorAll("[data-step]")],key="tuntas:"+location.pathname.split("/")[2];
const words=document.getElementById("step-words"),bar=form.querySelector("progress"),back=document.getElementById("back"),next=document.getElementById("next");
let at=0,pointed=false,timer=0;
const store={
 read(){if(tablet)return null;try{const d=JSON.parse(localStorage.getItem(key));return d&&Date.now()-d.time<864e5?d:null}catch{return null}},
 write(){if(!tablet)try{localStorage.setItem(key,JSON.stringify({time:Date.now(),at,values:[...new FormData(form)].filter(([n])=>!["channel","l","u"].includes(n))}));return true}catch{}},
};
const draft=form.dataset.survey==="new"&&store.read();
if(draft&&draft.values.some(([n,v])=>n==="edition"&&v===form.elements.edition.value)){
 // Whoever has not found the proof of an older number takes the number that this page can prove.
 const unproven=draft.values.some(([n,v])=>n==="proof"&&!v);
 for(const [name,value] of draft.values){const f=form.elements[name];if(f&&value&&!(unproven&&name==="id"))f.value=value}
}
const question=s=>s.querySelector("input[type=radio][name^=q]");
const answered=s=>!question(s)||s.querySelector("input:checked");
function show(to,focus=true){
 at=Math.max(0,Math.min(to,steps.length-1));
 steps.forEach((s,i)=>s.classList.toggle("now",i===at));
 words.textContent=steps[at].dataset.step;bar.max=steps.length;bar.value=at+1;
 document.documentElement.classList.toggle("deep",at>0);
 back.hidden=at===0;next.hidden=at===steps.length-1;
 if(focus){const f=steps[at].querySelector("input:checked")||steps[at].querySelector("legend");f.focus({preventScroll:true});scrollTo(0,0)}
}
const unanswered=()=>{const i=steps.findIndex(s=>!answered(s));return i<0?steps.length-1:i};
function go(to){
 clearTimeout(timer);
 if(!tablet){if(to>at)history.pushState({at:to,from:at},"");else history.replaceState({at:to},"")}
 show(to);store.write();
}
addEventListener("popstate",e=>{if(!tablet&&e.state){clearTimeout(timer);show(Math.min(e.state.at,unanswered()));store.write()}});
steps.forEach(s=>s.querySelector("legend").tabIndex=-1);
form.addEventListener("pointerdown",()=>{pointed=true});
form.addEventListener("keydown",e=>{pointed=false;if(e.key==="Enter"&&e.target.matches("input")){e.preventDefault();next.click()}});
form.addEventListener("change",e=>{
 store.write();
 const here=e.target.closest("[data-step]");
 if(here)here.querySelector(".error")?.remove();
 clearTimeout(timer);
 if(pointed&&e.target.type==="radio"&&question(here))timer=setTimeout(()=>go(steps.indexOf(here)+1),220);
});
form.addEventListener("input",()=>{
 store.write();
 const t=form.elements.suggestion,c=document.getElementById("count");
 if(t&&c)c.textContent=t.maxLength-t.value.length;
});
back.addEventListener("click",()=>{if(!tablet&&history.state?.from===at-1)history.back();else go(at-1)});
next.addEventListener("click",()=>{
 const s=steps[at];
 if(answered(s))return go(at+1);
 if(!s.querySelector(".error")){const p=document.createElement("p");p.className="error";p.setAttribute("role","alert");p.textContent=form.dataset.choose;s.querySelector("legend").after(p)}
 question(s).focus();
});
form.addEventListener("submit",e=>{
 if(e.submitter?.name==="to"){if(store.write()){e.preventDefault();const u=new URL(location);u.searchParams.set("l",e.submitter.value);location.replace(u)}return}
 const open=steps.findIndex(s=>!answered(s));
 if(open>=0){e.preventDefault();show(open);next.click();return}
 if(form.dataset.sent){e.preventDefault();return}
 form.dataset.sent="1";setTimeout(()=>{delete form.dataset.sent},8e3);
});
form.addEventListener("reset",()=>{form.querySelectorAll(".error").forEach(p=>p.remove());show(0,false)});
addEventListener("pageshow",e=>{if(e.persisted)location.reload()});
try{if(!tablet&&localStorage.getItem(key+":rated")===new Date().toDateString())form.elements.again.value="1"}catch{}
document.documentElement.classList.add("js");
show(Math.min(draft?.at??99,unanswered()),false);
if(!tablet)history.replaceState({at},"");
})();
