// Checks an archive of docs/proof.md in the browser: nothing leaves it, and no network is needed.
const NAMES=["README.txt","closure.json","editions.json","days.csv","receipts.csv","answers.csv","SHA256SUMS"];
const words=JSON.parse(document.getElementById("words").textContent);
const part=document.getElementById("local"),input=document.getElementById("pack"),bar=document.getElementById("bar"),out=document.getElementById("verdict");
const text=new TextEncoder(),plain=new TextDecoder();
const hex=bytes=>{let found="";for(const b of bytes)found+=b.toString(16).padStart(2,"0");return found};
const unhex=s=>Uint8Array.from(s.match(/../g)||[],pair=>parseInt(pair,16));
const joined=parts=>{const all=new Uint8Array(parts.reduce((n,p)=>n+p.length,0));let at=0;for(const p of parts){all.set(p,at);at+=p.length}return all};
const sha256=async bytes=>new Uint8Array(await crypto.subtle.digest("SHA-256",bytes));
const leafOf=data=>sha256(joined([[0],data]));
const record=(kind,...values)=>text.encode(`tuntas ${kind} 1\n`+values.map(v=>v+"\n").join(""));

async function each(list,act,shown=()=>{}){
 const found=[];
 for(let at=0;at<list.length;at+=2000){
  found.push(...await Promise.all(list.slice(at,at+2000).map((item,n)=>act(item,at+n))));
  shown(Math.min(at+2000,list.length)/list.length);
 }
 return found;
}
// Level by level, an odd last one going up as it is: the tree of RFC 6962.
async function rootOf(leaves){
 if(!leaves.length)return sha256(new Uint8Array());
 while(leaves.length>1){
  const pairs=[];
  for(let at=0;at+1<leaves.length;at+=2)pairs.push(joined([[1],leaves[at],leaves[at+1]]));
  const up=await each(pairs,sha256);
  if(leaves.length%2)up.push(leaves[leaves.length-1]);
  leaves=up;
 }
 return leaves[0];
}

// -- the zip: every byte of its frame is known beforehand
const TABLE=Uint32Array.from({length:256},(_,n)=>{for(let k=0;k<8;k++)n=n&1?n>>>1^0xedb88320:n>>>1;return n>>>0});
const crcOf=bytes=>{let c=~0;for(let i=0;i<bytes.length;i++)c=TABLE[(c^bytes[i])&255]^c>>>8;return ~c>>>0};
function packed(...fields){
 const all=new Uint8Array(fields.reduce((n,[size])=>n+size,0)),view=new DataView(all.buffer);let at=0;
 for(const [size,value] of fields){size===2?view.setUint16(at,value,true):view.setUint32(at,value,true);at+=size}
 return all;
}
const frameOf=(name,bytes,crc)=>[[2,10],[2,0],[2,0],[2,0],[2,33],[4,crc],[4,bytes.length],[4,bytes.length],[2,name.length]];
function framed(files,crcs){
 const parts=[],central=[];let at=0;
 for(const name of NAMES){
  const bytes=files[name],fields=frameOf(name,bytes,crcs[name]),head=joined([packed([4,0x04034b50],...fields,[2,0]),text.encode(name)]);
  parts.push(head,bytes);
  central.push(packed([4,0x02014b50],[2,10],...fields,[2,0],[2,0],[2,0],[2,0],[4,0],[4,at]),text.encode(name));
  at+=head.length+bytes.length;
 }
 const size=central.reduce((n,p)=>n+p.length,0);
 return [...parts,...central,packed([4,0x06054b50],[2,0],[2,0],[2,7],[2,7],[4,size],[4,at],[2,0])];
}
function unzipped(data,wrong){
 const view=new DataView(data.buffer),files={},crcs={},kept={};let at=0;
 for(const name of NAMES){
  const start=at+30+name.length;
  if(start>data.length)return wrong("zip",name,words.frame),null;
  const size=view.getUint32(at+18,true);
  if(start+size>data.length||plain.decode(data.subarray(at+30,start))!==name)return wrong("zip",name,words.frame),null;
  files[name]=data.subarray(start,start+size);
  kept[name]=view.getUint32(at+14,true);
  at=start+size;
 }
 // A checksum that stands the same twice but fits no more: the file was changed, not the frame.
 for(const name of NAMES){
  const real=crcOf(files[name]),twice=at+20<=data.length&&view.getUint32(at+16,true)===kept[name];
  crcs[name]=twice?kept[name]:real;
  if(twice&&real!==kept[name])wrong(name,"CRC-32",words.tally);
  at+=46+name.length;
 }
 let place=0;
 for(const piece of framed(files,crcs))for(let i=0;i<piece.length;i++,place++)if(data[place]!==piece[i])return wrong("zip","byte "+place,words.frame),files;
 if(place!==data.length)wrong("zip","byte "+place,words.frame);
 return files;
}
const linesOf=bytes=>plain.decode(bytes).split("\n");

// -- exact fractions
const gcd=(a,b)=>{while(b)[a,b]=[b,a%b];return a<0n?-a:a};
const frac=(n,d=1n)=>{const g=gcd(n,d)||1n;return {n:n/g,d:d/g}};
const add=(a,b)=>frac(a.n*b.d+b.n*a.d,a.d*b.d),mul=(a,b)=>frac(a.n*b.n,a.d*b.d);
const read=s=>{const [n,d]=s.split("/");return frac(BigInt(n),BigInt(d||1))};
const said=f=>f.d===1n?`${f.n}`:`${f.n}/${f.d}`;

function tallied(rows,edition){
 const places={},found={};
 edition.questions.forEach((q,at)=>{if(q.element)(places[q.element]=places[q.element]||[]).push(at)});
 for(const answers of rows)for(const [code,at] of Object.entries(places)){
  const given=at.map(p=>+answers[p]).filter(Boolean);
  if(!given.length)continue;
  const score=said(frac(BigInt(given.reduce((a,b)=>a+b,0)),BigInt(given.length)));
  const own=found[code]=found[code]||{};own[score]=(own[score]||0)+1;
 }
 return found;
}
const sorted=o=>JSON.stringify(Object.entries(o||{}).sort());
function convertedOf(total,convention,editions){
 const codes=Object.keys(total),k=BigInt(codes.length||1),own=editions.map(e=>sorted(e.own_weights));
 const weights=editions.length&&own.every(w=>w===own[0])&&own[0]!=="[]"?editions[0].own_weights:null;
 const all=weights?codes.reduce((a,c)=>add(a,read(weights[c])),frac(0n)):null;
 const scale=convention==="0.111"?1000n:100n;
 const of=c=>weights?mul(read(weights[c]),frac(all.d,all.n)):convention==="exact"?frac(1n,k):frac(scale/k,scale);
 let value=frac(0n);
 for(const c of codes){
  let sum=frac(0n),n=0n;
  for(const [score,times] of Object.entries(total[c])){sum=add(sum,mul(read(score),frac(BigInt(times))));n+=BigInt(times)}
  value=add(value,mul(mul(sum,frac(1n,n)),of(c)));
 }
 return mul(value,frac(25n));
}

// -- the rows
async function daysOf(files,wrong){
 const [head,...lines]=linesOf(files["days.csv"]),days=[];
 if(head!=="number,day,n,root")wrong("days.csv",line(1),words.row);
 lines.slice(0,-1).forEach((l,at)=>{
  const m=/^(\d+),(\d{4}-\d\d-\d\d),(\d+),([0-9a-f]{64})$/.exec(l);
  if(!m||+m[1]!==at+1)wrong("days.csv",line(at+2),words.row);else days.push({day:m[2],n:+m[3],root:m[4],leaves:[]});
 });
 const [first,...receipts]=linesOf(files["receipts.csv"]);
 if(first!=="day,leaf,check")wrong("receipts.csv",line(1),words.row);
 await each(receipts.slice(0,-1),async(l,at)=>{
  const m=/^(\d+),([0-9a-f]{64}),([0-9a-f]{8})$/.exec(l),leaf=m&&unhex(m[2]);
  if(!m||!days[m[1]-1]||hex((await sha256(leaf)).subarray(0,4))!==m[3])wrong("receipts.csv",line(at+2),words.row);
  if(m&&days[m[1]-1])days[m[1]-1].leaves[at]=leaf;
 },f=>bar.value=.4*f);
 for(const [at,day] of days.entries()){
  const leaves=day.leaves.filter(Boolean);
  if(leaves.length!==day.n||hex(await rootOf(leaves))!==day.root)wrong("days.csv",`${line(at+2)} (${day.day})`,words.root);
 }
 return days;
}
async function answersOf(files,wrong){
 const [head,...lines]=linesOf(files["answers.csv"]),rows=[];let last="";
 if(head!=="leaf,salt,service,edition,status,answers")wrong("answers.csv",line(1),words.row);
 const leaves=await each(lines.slice(0,-1),async(l,at)=>{
  const m=/^([0-9a-f]{64}),([0-9a-f]{32}),(\d+),(\d+),(counted|left-out-\d+),(\d{1,60})$/.exec(l);
  if(!m)return wrong("answers.csv",line(at+2),words.row),new Uint8Array(32);
  const [,leaf,salt,service,edition,status,answers]=m;
  const real=await leafOf(joined([text.encode(salt+"\n"),record("answer",service,edition,status,answers)]));
  if(hex(real)!==leaf)wrong("answers.csv",line(at+2),words.leaf);
  rows[at]={service,edition,status,answers,leaf};
  return unhex(leaf);
 },f=>bar.value=.4+.5*f);
 rows.forEach((r,at)=>{if(r.leaf<=last)wrong("answers.csv",line(at+2),words.order);last=r.leaf});
 return {rows:rows.filter(Boolean),n:leaves.length,root:hex(await rootOf(leaves))};
}
const line=n=>`${words.line} ${n}`;

function recount(closure,editions,rows,wrong){
 const by={},byKey=Object.fromEntries(editions.map(e=>[String(e.key),e])),total={},used=new Set(),left={};
 for(const r of rows)if(r.status==="counted")(by[r.service+"/"+r.edition]=by[r.service+"/"+r.edition]||[]).push(r.answers);else left[r.status]=(left[r.status]||0)+1;
 const closed=Object.fromEntries(closure.services.map(s=>[s.service+"/"+s.edition,s]));
 let n=0;
 for(const key of new Set([...Object.keys(by),...Object.keys(closed)])){
  const answers=by[key]||[],edition=byKey[key.split("/")[1]],own=edition&&tallied(answers,edition),kept=closed[key]&&closed[key].tally;
  n+=answers.length;used.add(edition);
  if(!own||!kept||kept.n!==answers.length||[...new Set([...Object.keys(own),...Object.keys(kept.elements)])].some(c=>sorted(own[c])!==sorted(kept.elements[c])))wrong("closure.json","services "+key,words.tally);
  for(const [c,scores] of Object.entries(own||{}))for(const [s,times] of Object.entries(scores)){total[c]=total[c]||{};total[c][s]=(total[c][s]||0)+times}
 }
 if(n!==closure.n)wrong("closure.json","n",words.tally);
 closure.proof.left_out.forEach((kept,at)=>{if((left["left-out-"+(at+1)]||0)!==kept)wrong("closure.json","left_out "+(at+1),words.tally)});
 if(n&&closure.result){
  const value=convertedOf(total,closure.weights,[...used]);
  if(said(value)!==closure.result.converted)wrong("closure.json","result.converted",words.tally);
  const cents=(value.n*200n+value.d)/(2n*value.d);
  if(`${cents/100n}.${String(cents%100n).padStart(2,"0")}`!==closure.result.converted_2)wrong("closure.json","result.converted_2",words.tally);
 }
}

async function check(data){
 const findings=[],wrong=(file,place,what)=>{if(findings.length<50)findings.push(`${file}, ${place}: ${what}`)},facts={};
 const files=unzipped(data,wrong);
 if(!files)return {findings,facts};
 try{
  const sums=linesOf(files.SHA256SUMS);
  for(const [at,name] of NAMES.slice(0,-1).entries())if(sums[at]!==`${hex(await sha256(files[name]))}  ${name}`)wrong("SHA256SUMS",line(at+1),name);
  if(sums.length!==NAMES.length||sums[NAMES.length-1])wrong("SHA256SUMS",line(sums.length),words.row);
  const closure=JSON.parse(plain.decode(files["closure.json"])),editions=JSON.parse(plain.decode(files["editions.json"])),proof=closure.proof;
  const days=await daysOf(files,wrong),answers=await answersOf(files,wrong),sha=hex(await sha256(files["editions.json"]));
  if(sha!==proof.editions)wrong("editions.json","SHA-256",words.root);
  if(days.reduce((n,d)=>n+d.n,0)!==answers.n)wrong("receipts.csv","n",words.tally);
  const records=[record("month",closure.office,closure.month,proof.closure),record("editions",sha),record("answers",answers.n,answers.root),record("texts",proof.texts.n,proof.texts.root),...days.map(d=>record("day",d.day,d.n,d.root))];
  const root=hex(await rootOf(await each(records,leafOf)));
  if(answers.n!==proof.answers.n||answers.root!==proof.answers.root)wrong("answers.csv",`n = ${answers.n}`,words.root);
  else recount(closure,editions,answers.rows,wrong);
  if(root!==proof.root||days.length!==proof.days)wrong("closure.json","proof.root",words.root);
  Object.assign(facts,{office:closure.office,month:closure.month,n:closure.n,value:closure.result?closure.result.converted_2.replace(".",","):"–",root,sha256:hex(await sha256(files["closure.json"]))});
 }catch(error){wrong("zip","",`${words.shape} (${error.name})`)}
 return {findings,facts};
}

function show({findings,facts}){
 const item=(tag,words,name="")=>{const made=document.createElement(tag);made.textContent=words;made.className=name;return made};
 out.replaceChildren(item("h3",findings.length?words.bad:words.good));
 out.className=findings.length?"problem":"card";
 if(findings.length){const list=item("ul","");for(const f of findings)list.append(item("li",f));out.append(list)}
 else{
  const list=document.createElement("dl");
  for(const key of ["office","month","n","value"])list.append(item("dt",words.facts[key]),item("dd",facts[key]));
  out.append(list,item("p",words.facts.root,"soft"),item("span",facts.root,"code small"),item("p",words.facts.sha256,"soft"),item("span",facts.sha256,"code small"),item("p",words.compare));
 }
 out.hidden=false;out.focus();
}
async function take(file){
 if(!file)return;
 out.hidden=true;bar.hidden=false;bar.value=0;
 try{show(await check(new Uint8Array(await file.arrayBuffer())))}
 catch(error){show({findings:[`${file.name}: ${words.unread} (${error.name})`],facts:{}})}
 bar.hidden=true;
}
if(self.crypto&&crypto.subtle){
 part.hidden=false;
 input.addEventListener("change",()=>take(input.files[0]));
 part.addEventListener("dragover",event=>event.preventDefault());
 part.addEventListener("drop",event=>{event.preventDefault();take(event.dataTransfer.files[0])});
}else document.getElementById("insecure").hidden=false;
