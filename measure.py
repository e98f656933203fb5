import sys, pathlib
from datetime import UTC, datetime
from ricordo.text.states import states
SAID = datetime(2026, 5, 3, 12, tzinfo=UTC)
def parse(part, attribute):
    part=part.strip()
    if not part: return None
    value,*marks=[x.strip() for x in part.split(" | ")]
    marks=marks[0] if marks else ""
    subj,sep,val=value.partition(": ")
    if not sep: subj,val="Pat",value
    sense=next((s for s in ("was","ended","denied") if marks==s),"holds")
    old=marks[1:] if marks.startswith("-") else None
    return (subj,attribute,val,sense,old)
def lines():
    for name in (sys.argv[1].split(",")):
        attribute=""
        for line in pathlib.Path(f"tests/text/wordings_{name}.txt").read_text().splitlines():
            if line.startswith("["): attribute=line.strip("[]"); continue
            if not line.strip(): continue
            text,_,want=line.partition(" =>")
            yield attribute,text,[p for p in (parse(x,attribute) for x in want.split(";")) if p]
good=total=0
by={}
for a,text,want in lines():
    got=[(t.subject,t.attribute,t.value,t.sense,t.instead_of) for t in states(text,speaker="Pat",said_at=SAID)]
    w=[x[:4] if x[4] is None else x for x in want]
    ok=sorted(w)==sorted(g[:4] if not any(len(x)==5 for x in w) else g for g in got)
    g,n=by.get(a,(0,0)); by[a]=(g+ok,n+1)
    if not ok and (len(sys.argv)<3 or a in sys.argv[2:]): print(f"{a}: {text}\n      want {[x[0]+':'+x[2]+'|'+x[3]+(' -'+str(x[4]) if x[4] else '') for x in want]}\n      got  {[':'.join(map(str,x)) for x in got]}")
print({k:f"{g}/{n}" for k,(g,n) in by.items()}); print(sum(g for g,_ in by.values()),"of",sum(n for _,n in by.values()))
