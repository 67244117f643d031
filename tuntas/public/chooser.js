(()=>{
"use strict";
const box=document.getElementById("q"),none=document.getElementById("none");
if(!box)return;
document.getElementById("find").hidden=true;
const plain=t=>t.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g,"");
const groups=[...document.querySelectorAll("section[data-unit]")];
function filter(){
 const words=plain(box.value).split(/\s+/).filter(Boolean);
 let left=0;
 for(const group of groups){
  let here=0;
  for(const item of group.querySelectorAll("li")){
   const text=plain(group.dataset.unit+" "+item.textContent);
   item.hidden=!words.every(w=>text.includes(w));
   if(!item.hidden)here++;
  }
  group.hidden=!here;left+=here;
 }
 none.hidden=left>0;
}
box.addEventListener("input",filter);
box.form.addEventListener("submit",e=>{
 e.preventDefault();
 const only=document.querySelectorAll("section:not([hidden]) li:not([hidden]) a");
 if(only.length===1)only[0].click();
});
filter();
})();
