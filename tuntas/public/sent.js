try{const k="tuntas:"+location.pathname.split("/")[2];localStorage.removeItem(k);localStorage.setItem(k+":rated",new Date().toDateString())}catch{}
