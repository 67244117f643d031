try{localStorage.removeItem("tuntas:"+location.pathname.split("/")[2])}catch{}
